import { z } from "zod";
import { roles, visibilities } from "./policy";

export const slugMaxLength = 64;
const slugShape = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Whether a text can be a slug. Others are not looked up: the database refuses a NUL. */
export function isSlug(text: string): boolean {
  return text.length <= slugMaxLength && slugShape.test(text);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression searches for them
const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

const text = (field: string) =>
  z
    .string()
    .trim()
    // A text area of a form sends CRLF.
    .overwrite((value) => value.replaceAll("\r\n", "\n"))
    .refine(
      (value) => value.isWellFormed() && !controlCharacters.test(value),
      `${field} has characters that cannot be shown.`,
    );

const collectionName = text("The name")
  .refine((name) => !/[\n\t]/.test(name), "The name must be on one line.")
  .pipe(z.string().min(1, "Give the collection a name.").max(120, "A name has at most 120 characters."));

const collectionDescription = text("The description").pipe(
  z.string().max(2_000, "A description has at most 2,000 characters."),
);

const collectionSlug = z
  .string()
  .max(slugMaxLength, `An address has at most ${slugMaxLength} characters.`)
  .regex(slugShape, "An address is made of lower-case letters, digits and single hyphens between them.");

const collectionVisibility = z.enum(visibilities, "Choose private, preview or public.");

export const createCollectionInput = z.object({
  name: collectionName,
  slug: collectionSlug.optional(),
  description: collectionDescription.default(""),
  visibility: collectionVisibility.default("private"),
});
/** The input of a form or a program. */
export type CreateCollectionForm = z.input<typeof createCollectionInput>;
export type CreateCollectionInput = z.output<typeof createCollectionInput>;

export const updateCollectionInput = z
  .object({
    name: collectionName.exactOptional(),
    description: collectionDescription.exactOptional(),
    visibility: collectionVisibility.exactOptional(),
  })
  .refine((input) => Object.keys(input).length > 0, "There is nothing to change.");
export type UpdateCollectionInput = z.output<typeof updateCollectionInput>;

/** What outsiders learn of a preview collection. */
const collectionOutline = z.object({
  originals: z.literal(false),
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  description: z.string(),
  visibility: z.enum(visibilities),
  role: z.null(),
  mediaCount: z.int(),
});

/** A collection whose originals the viewer may see. */
const wholeCollection = collectionOutline.extend({
  originals: z.literal(true),
  /** Null when the viewer is not a member. */
  role: z.enum(roles).nullable(),
  sizeBytes: z.int(),
  createdAt: z.iso.datetime(),
});

/** A collection in a list. */
const collectionCard = z.discriminatedUnion("originals", [collectionOutline, wholeCollection]);
export type CollectionCard = z.infer<typeof collectionCard>;

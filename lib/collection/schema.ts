import { z } from "zod";
import { textBlock, textLine } from "@/lib/text/schema";
import { roles, visibilities } from "./policy";

export const slugMaxLength = 64;
const slugShape = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Tells whether this is a text that can be a slug. Others are not looked up: the database refuses a NUL, and what is no text. */
export function isSlug(text: unknown): text is string {
  return typeof text === "string" && text.length <= slugMaxLength && slugShape.test(text);
}

const collectionName = textLine("The name")
  .min(1, "Give the collection a name.")
  .max(120, "A name has at most 120 characters.");

const collectionDescription = textBlock("The description").max(2_000, "A description has at most 2,000 characters.");

const collectionSlug = z
  .string()
  .max(slugMaxLength, `An address has at most ${slugMaxLength} characters.`)
  .regex(slugShape, "An address is made of lower-case letters, digits and single hyphens between them.");

const collectionVisibility = z.enum(visibilities, "Choose private, preview or public.");

export const createCollectionInput = z.strictObject({
  name: collectionName,
  slug: collectionSlug.optional(),
  description: collectionDescription.default(""),
  visibility: collectionVisibility.default("private"),
});
/** The input of a form or a program. */
export type CreateCollectionForm = z.input<typeof createCollectionInput>;
export type CreateCollectionInput = z.output<typeof createCollectionInput>;

export const updateCollectionInput = z
  .strictObject({
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
  /** Raised by each edit: the number in the `ETag`. */
  editVersion: z.int(),
});

/** A collection in a list. */
export const collectionCard = z.discriminatedUnion("originals", [collectionOutline, wholeCollection]);
export type CollectionCard = z.infer<typeof collectionCard>;

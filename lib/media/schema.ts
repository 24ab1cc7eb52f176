import { z } from "zod";
import { maxPageItems, pageInput } from "@/lib/sealed/schema";
import { textLine } from "@/lib/text/schema";

const revisionStates = ["pending", "ready", "kept", "rejected"] as const;

/** The variants of a media that a URL can show. */
export const variants = ["thumb", "preview", "original"] as const;
export type Variant = (typeof variants)[number];

/** A media as a gallery shows it. Keys leave the server only inside signed URLs. */
export const mediaItem = z.object({
  id: z.uuid(),
  /** Empty for viewers who may not see originals. */
  path: z.string(),
  title: z.string().nullable(),
  /**
   * The gallery's order: when it was taken, or when it was uploaded where that is not known. For viewers who may not see originals,
   * the beginning of the day.
   */
  takenAt: z.iso.datetime(),
  takenKnown: z.boolean(),
  /** Of the camera's clock from UTC. Null: unknown, and `takenAt` is the clock's time as if it were UTC. */
  takenOffsetMinutes: z.int().nullable(),
  state: z.enum(revisionStates),
  rejectReason: z.string().nullable(),
  /** What is missing in a picture that is shown although its file is damaged. */
  warning: z.string().nullable(),
  /** What is not shown as it is stored. */
  displayNote: z.string().nullable(),
  contentType: z.string().nullable(),
  sizeBytes: z.int().nullable(),
  /** In pixels, of the original; for viewers who may not see it, of the thumbnail. */
  width: z.int().nullable(),
  height: z.int().nullable(),
  /** thumb 200 px for every viewer; card 800 px, preview 1600 px and the original for viewers who may see originals. */
  urls: z.object({
    thumb: z.url().optional(),
    card: z.url().optional(),
    preview: z.url().optional(),
    original: z.url().optional(),
  }),
});
export type MediaItem = z.infer<typeof mediaItem>;

export const mediaPage = z.object({ items: z.array(mediaItem), nextCursor: z.string().nullable() });
export type MediaPage = z.infer<typeof mediaPage>;

/** A media on its own page, with its neighbours. */
export const mediaDetail = mediaItem.extend({
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  createdAt: z.iso.datetime().nullable(),
  uploadedBy: z.string().nullable(),
  revisionNumber: z.int().nullable(),
  /** Raised by each edit: the number in the `ETag`. */
  editVersion: z.int().nullable(),
  downloadUrl: z.url().optional(),
  previousId: z.uuid().nullable(),
  nextId: z.uuid().nullable(),
  /** Of the pictures that their pages show first: browsers can fetch them ahead. Files without a picture have none. */
  neighbourUrls: z.array(z.url()),
});
export type MediaDetail = z.infer<typeof mediaDetail>;

export const updateMediaInput = z.strictObject({
  title: textLine("The title").max(200, "A title has at most 200 characters.").nullable(),
});

/** Query parameters of a collection's media. `ids`: these alone, as the gallery asks for the pictures that are being processed. */
export const mediaListInput = pageInput
  .extend({
    ids: z
      .string()
      .transform((text) => text.split(","))
      .pipe(z.array(z.uuid()).max(maxPageItems))
      .optional(),
  })
  .refine(({ ids, limit, cursor }) => ids === undefined || (limit ?? cursor) === undefined, {
    path: ["ids"],
    message: "ids comes without limit and cursor.",
  });

/** The most URLs that one call signs anew. */
export const maxUrls = 500;

const urlOf = { id: z.uuid(), variant: z.enum(variants) };

/** The body of a request for fresh URLs: a page that was open for hours renews those it shows. */
export const urlsInput = z.strictObject({
  items: z.array(z.strictObject(urlOf)).min(1).max(maxUrls, `One call takes at most ${maxUrls} URLs.`),
});
export type UrlsInput = z.output<typeof urlsInput>;

/** In the order of the request. `url` is null for what is not there, or not for this viewer. */
export const freshUrls = z.object({
  items: z.array(z.object({ ...urlOf, url: z.url().nullable(), expiresAt: z.iso.datetime().nullable() })),
});
export type FreshUrls = z.infer<typeof freshUrls>;

/** Query parameters of a media's bytes: 1 for a download with the file's name. */
export const openMediaInput = z.strictObject({ download: z.enum(["0", "1"]).optional() });

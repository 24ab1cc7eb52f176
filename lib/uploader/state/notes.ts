import type { Message } from "./failure-messages";

/** A hint about a file that is uploaded all the same, from its name alone. The server examines the bytes. */
export type NoteCode = "heic" | "no-preview";

// The formats of which previews are made (docs/pictures.md).
const common = ["jpg", "jpeg", "png", "webp", "gif", "tif", "tiff", "avif"];
/** Cameras store a preview in these. */
const raw = "3fr arw cr2 cr3 crw dcr dng erf iiq kdc mef mos mrw nef nrw orf pef raf rw2 rwl sr2 srw x3f".split(" ");
const pictures: ReadonlySet<string> = new Set([...common, ...raw]);

/** Returns the note for a file by its name, null for pictures that get a preview. */
export function noteOf(path: string): NoteCode | null {
  const dot = path.lastIndexOf(".");
  const extension = dot > path.lastIndexOf("/") ? path.slice(dot + 1).toLowerCase() : "";
  if (extension === "heic" || extension === "heif") return "heic";
  return pictures.has(extension) ? null : "no-preview";
}

/** Said of one file, and of several. */
const messages: Readonly<Record<NoteCode, Message>> = {
  heic: {
    title: "HEIC.",
    advice: "Uploaded and kept unchanged. A preview is made only where the site can read HEIC.",
  },
  "no-preview": {
    title: "No preview is made of this type of file.",
    advice: "Uploaded and kept unchanged, for download.",
  },
};

export function messageOfNote(note: NoteCode): Message {
  return messages[note];
}

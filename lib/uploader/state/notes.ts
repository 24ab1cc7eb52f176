import type { Message } from "./failure-messages";

/** Something a person should know of a file that is taken all the same. The server looks at the bytes: these are hints. */
export type NoteCode = "heic" | "no-preview";

// Kept in step with what previews are made of (README, Limits).
const pictures: ReadonlySet<string> = new Set(["jpg", "jpeg", "png", "webp", "gif", "tif", "tiff", "avif"]);

/** The note for a file by its name, null for pictures that get a preview. */
export function noteOf(path: string): NoteCode | null {
  const dot = path.lastIndexOf(".");
  const extension = dot > path.lastIndexOf("/") ? path.slice(dot + 1).toLowerCase() : "";
  if (extension === "heic" || extension === "heif") return "heic";
  return pictures.has(extension) ? null : "no-preview";
}

const messages: Readonly<Record<NoteCode, Message>> = {
  heic: {
    title: "This is a HEIC picture.",
    advice: "It is uploaded and kept as it is. A preview is made only where the site can read HEIC.",
  },
  "no-preview": {
    title: "This is not a picture the site knows.",
    advice: "It is uploaded and kept as it is, for download; there is no preview of it.",
  },
};

export function messageOfNote(note: NoteCode): Message {
  return messages[note];
}

import { z } from "zod";
import { AppError } from "@/lib/errors";

/** The end of a page: the gallery's order is (takenAt, id), both descending. */
export type MediaCursor = { takenAt: Date; id: string };

// The years that PostgreSQL and JavaScript format alike.
const minTime = Date.UTC(1000, 0);
const maxTime = Date.UTC(9999, 0);

const cursorShape = z.tuple([z.int().min(minTime).max(maxTime), z.uuid()]);

export function encodeCursor({ takenAt, id }: MediaCursor): string {
  return Buffer.from(JSON.stringify([takenAt.getTime(), id])).toString("base64url");
}

/** Parses a cursor. Throws INVALID for a text that `encodeCursor` did not return. */
export function decodeCursor(text: string): MediaCursor {
  try {
    const [time, id] = cursorShape.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return { takenAt: new Date(time), id };
  } catch (cause) {
    throw new AppError("INVALID", "This cursor is not from this list. Start again without one.", { cause });
  }
}

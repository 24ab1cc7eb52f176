import { z } from "zod";
import { AppError } from "@/lib/errors";

/** Where a page ended: the gallery's order is (takenAt, id), both falling. */
export type MediaCursor = { takenAt: Date; id: string };

// The years PostgreSQL and JavaScript write alike.
const minTime = Date.UTC(1000, 0);
const maxTime = Date.UTC(9999, 0);

const cursorShape = z.tuple([z.int().min(minTime).max(maxTime), z.uuid()]);

export function encodeCursor({ takenAt, id }: MediaCursor): string {
  return Buffer.from(JSON.stringify([takenAt.getTime(), id])).toString("base64url");
}

/** Throws INVALID for anything `encodeCursor` did not write. */
export function decodeCursor(text: string): MediaCursor {
  try {
    const [time, id] = cursorShape.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return { takenAt: new Date(time), id };
  } catch (cause) {
    throw new AppError("INVALID", "The cursor is not one this list gave out. Start again without it.", { cause });
  }
}

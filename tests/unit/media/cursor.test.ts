import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { SeenCollection } from "@/lib/collection/queries";
import { decodeCursor, encodeCursor } from "@/lib/media/cursor";
import { sealCursor } from "@/lib/sealed/cursor";
import { cursorText } from "@/lib/sealed/schema";

beforeAll(() => {
  process.env.DATABASE_URL = "postgresql://unused@localhost/unused";
  process.env.NEXTAUTH_SECRET = "a secret of this file's own, 32 characters";
});

const [reef, kelp] = ["00000000-0000-4000-8000-0000000000aa", "00000000-0000-4000-8000-0000000000bb"];
const seen = (id: string, originals: boolean) => ({ id, originals }) as SeenCollection;
const anyTime = fc.date({ noInvalidDate: true, min: new Date("1000-01-01"), max: new Date("9998-12-31") });

describe("a gallery's cursor", () => {
  it("decodes what it encoded, for any date and id", () => {
    fc.assert(
      fc.property(anyTime, fc.uuid(), (takenAt, id) => {
        const cursor = encodeCursor(seen(reef, true), { takenAt, id });
        expect(decodeCursor(seen(reef, true), cursor)).toEqual({ takenAt, id });
      }),
    );
  });

  it("has one length, which every route accepts", () => {
    const lengths = fc
      .sample(anyTime, 50)
      .map((takenAt) => encodeCursor(seen(reef, false), { takenAt, id: reef }).length);
    expect(new Set(lengths).size).toBe(1);
    expect(cursorText.safeParse("x".repeat(lengths[0] ?? 0)).success).toBe(true);
  });

  it("throws INVALID in another collection, and for a viewer who sees more or less", () => {
    const cursor = encodeCursor(seen(reef, false), { takenAt: new Date(0), id: reef });
    for (const other of [seen(kelp, false), seen(reef, true), seen(kelp, true)])
      expect(() => decodeCursor(other, cursor)).toThrow(expect.objectContaining({ code: "INVALID" }));
  });

  it("throws INVALID for what the database could not read, and for one of before they were sealed", () => {
    const list = ["media", reef, "originals", "newest first"] as const;
    const positions = [null, {}, [], ["x"], [1, "x"], [8.64e15, reef], [Number.MIN_SAFE_INTEGER, reef], [0.5, reef]];
    const unsealed = Buffer.from(JSON.stringify([0, reef])).toString("base64url");
    for (const text of [unsealed, ...positions.map((position) => sealCursor(list, position))])
      expect(() => decodeCursor(seen(reef, true), text), text).toThrow(expect.objectContaining({ code: "INVALID" }));
    expect(decodeCursor(seen(reef, true), sealCursor(list, [0, reef])).id).toBe(reef);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "@/lib/media/cursor";

describe("a page's cursor", () => {
  it("decodes what it encoded, for any date and id", () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date("1000-01-01"), max: new Date("9998-12-31") }),
        fc.uuid(),
        (takenAt, id) => {
          expect(decodeCursor(encodeCursor({ takenAt, id }))).toEqual({ takenAt, id });
        },
      ),
    );
  });

  it("throws INVALID for anything else", () => {
    const lookalikes = [
      "",
      "null",
      "[]",
      '["x"]',
      '[1e99,"00000000-0000-4000-8000-000000000000"]',
      '[1,"x"]',
      "[1",
      '[8640000000000000,"00000000-0000-4000-8000-000000000000"]',
    ];
    for (const text of ["", "x", "%%%", ...lookalikes.map((json) => Buffer.from(json).toString("base64url"))]) {
      expect(() => decodeCursor(text), text).toThrow(expect.objectContaining({ code: "INVALID" }));
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ code: "INVALID" }));
      }),
    );
  });
});

import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { openCursor, sealCursor } from "@/lib/sealed/cursor";
import { seal, unseal } from "@/lib/sealed/seal";

beforeAll(() => {
  process.env.DATABASE_URL = "postgresql://unused@localhost/unused";
});
beforeEach(() => {
  process.env.NEXTAUTH_SECRET = "the same secret in every test of this file";
});

const list = ["media", "a collection"];

/** As a text that a process with another secret sealed. */
async function sealedElsewhere(value: unknown): Promise<string> {
  process.env.NEXTAUTH_SECRET = randomBytes(32).toString("base64");
  vi.resetModules();
  return (await import("@/lib/sealed/seal")).seal("list cursor", list, value);
}

describe("a sealed value", () => {
  it("opens as what it was, for any JSON value and context", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.string()), (value, context) => {
        const opened = unseal("list cursor", context, seal("list cursor", context, value));
        expect(opened).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("does not open in another context, however alike the two are", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (context, other) => {
        fc.pre(JSON.stringify(context) !== JSON.stringify(other));
        expect(unseal("list cursor", other, seal("list cursor", context, 1))).toBeUndefined();
      }),
    );
    expect(unseal("list cursor", ["ab", "c"], seal("list cursor", ["a", "bc"], 1))).toBeUndefined();
  });

  it("does not open when any bit of it is changed, or any byte of it is missing", () => {
    const bytes = Buffer.from(seal("list cursor", list, [1, "x"]), "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unseal("list cursor", list, changed.toString("base64url")), `bit ${bit}`).toBeUndefined();
    }
    for (let length = 0; length < bytes.length; length += 1) {
      expect(unseal("list cursor", list, bytes.subarray(0, length).toString("base64url"))).toBeUndefined();
      expect(unseal("list cursor", list, bytes.subarray(bytes.length - length).toString("base64url"))).toBeUndefined();
    }
  });

  it("has one text: the same bytes written in another way do not open", () => {
    const text = seal("list cursor", list, [1]);
    for (const other of [`${text}=`, ` ${text}`, `${text}\n`, `${text.slice(0, 9)}!${text.slice(9)}`])
      expect(unseal("list cursor", list, other), other).toBeUndefined();
  });

  it("does not open when it was sealed with another secret", async () => {
    const text = await sealedElsewhere([1]);
    process.env.NEXTAUTH_SECRET = "the same secret in every test of this file";
    expect(unseal("list cursor", list, text)).toBeUndefined();
  });

  it("shows neither the value nor its length, nor that two are the same", () => {
    const texts = ["", "x", "a secret name of a file.jpg", "y".repeat(62)].map((value) =>
      seal("list cursor", list, value),
    );
    expect(new Set(texts.map(({ length }) => length)).size).toBe(1);
    expect(Buffer.concat(texts.map((text) => Buffer.from(text, "base64url"))).includes("secret")).toBe(false);
    const many = Array.from({ length: 100 }, () => seal("list cursor", list, "the same"));
    expect(new Set(many).size).toBe(100);
    // Nor do two texts share a part by which they could be compared.
    expect(new Set(many.map((text) => text.slice(0, 22))).size).toBe(100);
    expect(new Set(many.map((text) => text.slice(-22))).size).toBe(100);
  });
});

describe("a cursor", () => {
  const position = z.tuple([z.int(), z.uuid()]);
  const refused = expect.objectContaining({ code: "INVALID", issues: [expect.objectContaining({ path: "cursor" })] });

  it("opens in its own list", () => {
    const at: [number, string] = [-1, "00000000-0000-4000-8000-000000000000"];
    expect(openCursor(["media", "a"], sealCursor(["media", "a"], at), position)).toEqual(at);
  });

  it("is INVALID in another list, with another position, and for any other text", () => {
    const other = sealCursor(["media", "b"], [1, "00000000-0000-4000-8000-000000000000"]);
    for (const text of [
      "",
      "x",
      "%%%",
      "null",
      other,
      sealCursor(["media", "a"], null),
      sealCursor(["media", "a"], [1]),
    ])
      expect(() => openCursor(["media", "a"], text, position), text).toThrow(refused);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: "binary" })), (text) => {
        expect(() => openCursor(["media", "a"], text, position)).toThrow(refused);
      }),
    );
  });
});

import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc64nvmeOf, digestsOf } from "@/lib/uploader/hash/hashing";
import { wholeCrc } from "@/lib/uploader/hash/whole-crc";
import { takesSha256, urlLifeMs } from "@/lib/uploader/state/policy-clock";
import { formOf } from "@/lib/uploader/transport/form";
import { partOutcomeOf } from "@/lib/uploader/transport/transport";
import { policyOf } from "../world/world";

const hexOf = (base64: string) => Buffer.from(base64, "base64").toString("hex");
const noPause = async () => undefined;

describe("checksums", () => {
  it("have the published check values", async () => {
    const digits = new Blob(["123456789"]);
    expect(hexOf(await crc64nvmeOf(digits))).toBe("ae8b14860a799888");
    expect(hexOf(await crc64nvmeOf(new Blob([])))).toBe("0000000000000000");
    expect(await digestsOf(digits, { md5: true })).toEqual({
      md5: "25f9e794323b453885f5181f1b624d0b",
      sha256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
    });
  });

  it("are Node's own, for files of one piece and of several", async () => {
    for (const size of [0, 1, 4 * 1024 * 1024, 4 * 1024 * 1024 + 1, 9_000_001]) {
      const bytes = randomBytes(size);
      const { sha256, md5 } = await digestsOf(new Blob([bytes]), { md5: true });
      expect(sha256, String(size)).toBe(createHash("sha256").update(bytes).digest("hex"));
      expect(md5, String(size)).toBe(createHash("md5").update(bytes).digest("hex"));
    }
  });

  it("are the same of bytes in hand, with MD5 only where it is wanted", async () => {
    for (const size of [0, 1, 100_000]) {
      const bytes = new Uint8Array(randomBytes(size));
      const digests = await digestsOf(new Blob([bytes]), { md5: true });
      expect(await digestsOf(bytes, { md5: true })).toEqual(digests);
      expect(await digestsOf(bytes, { md5: false })).toEqual({ ...digests, md5: null });
      expect(await digestsOf(new Blob([bytes]), { md5: false })).toEqual({ ...digests, md5: null });
    }
  });

  it("of many files at once do not get into each other", async () => {
    const files = Array.from({ length: 30 }, (_, index) => randomBytes(index % 3 === 0 ? 5_000_000 : 10_000));
    const digests = await Promise.all(files.map((bytes) => digestsOf(new Blob([bytes]), { md5: true })));
    for (const [index, { md5 }] of digests.entries())
      expect(md5).toBe(
        createHash("md5")
          .update(files[index] ?? "")
          .digest("hex"),
      );
  });

  it("of a whole come from those of its parts, however it is cut", async () => {
    const cut = fc.array(fc.nat(5_000), { minLength: 1, maxLength: 600 });
    await fc.assert(
      fc.asyncProperty(cut, async (sizes) => {
        const parts = sizes.map((size) => randomBytes(size));
        const pieces = await Promise.all(
          parts.map(async (part) => ({ crc: await crc64nvmeOf(new Blob([part])), sizeBytes: part.length })),
        );
        expect(await wholeCrc(pieces, noPause)).toBe(await crc64nvmeOf(new Blob(parts)));
      }),
      { numRuns: 10 },
    );
  });

  it("of 10,000 parts are put together with pauses in between", async () => {
    const pieces = Array.from({ length: 10_000 }, () => ({ crc: "AAAAAAAAAAE=", sizeBytes: 8 * 1024 * 1024 }));
    let pauses = 0;
    await wholeCrc(pieces, async () => {
      pauses += 1;
    });
    expect(pauses).toBeGreaterThan(20);
  });
});

describe("what a policy and a URL say", () => {
  const withPolicy = (conditions: unknown[]) => {
    const text = JSON.stringify({ expiration: "2026-01-01T00:00:00Z", conditions });
    return { ...policyOf(), fields: { key: "k", Policy: Buffer.from(text).toString("base64") } };
  };

  it("shows whether forms may carry a checksum", () => {
    expect(takesSha256(withPolicy([["starts-with", "$x-amz-checksum-sha256", ""]]))).toBe(true);
    expect(takesSha256(withPolicy([["starts-with", "$Content-Type", ""]]))).toBe(false);
    expect(takesSha256({ ...policyOf(), fields: { policy: "not base64 at all!" } })).toBe(false);
  });

  it("shows how long it lives, by the site's times alone", () => {
    expect(urlLifeMs("http://s3.test/k?partNumber=1&X-Amz-Expires=900&X-Amz-Signature=s")).toBe(870_000);
    expect(urlLifeMs("http://s3.test/k?X-Amz-Expires=10")).toBe(5_000);
    expect(urlLifeMs("http://s3.test/k")).toBe(870_000);
  });
});

describe("what is sent and answered", () => {
  it("carries the SHA-256 in base64 where the policy takes it", () => {
    const sha256 = createHash("sha256").update("x").digest("hex");
    const file = new File(["x"], "x");
    const form = formOf({ policy: policyOf(), key: "k", contentType: "a/b", sha256, file });
    expect(form.get("x-amz-checksum-sha256")).toBe(Buffer.from(sha256, "hex").toString("base64"));
    expect([...form.keys()].at(-1)).toBe("file");
  });

  it("is a part's only with an entity tag, and an error in a 200 is one", () => {
    expect(partOutcomeOf(200, "", null, '"e"')).toEqual({ failure: null, etag: '"e"' });
    expect(partOutcomeOf(200, "", null, null).failure).toMatchObject({ code: "NoETag" });
    expect(partOutcomeOf(200, "<Error><Code>InternalError</Code></Error>", null, '"e"')).toMatchObject({
      failure: { code: "InternalError" },
      etag: null,
    });
  });
});

import { describe, expect, it } from "vitest";
import { createStorage, type StorageConfig } from "@/lib/storage/client";
import { createPostPolicy } from "@/lib/storage/presigned/post-policy";
import { permitFor } from "@/tests/support/fixtures/permit";

const base: StorageConfig = {
  bucket: "atoll-media",
  region: "eu-central-1",
  forcePathStyle: false,
  credentials: { accessKeyId: "AKIA", secretAccessKey: "secret" },
};
const input = { prefix: "media/c/u/", minBytes: 1, maxBytes: 100, ttlSeconds: 900 };

async function policyOf(config: Partial<StorageConfig>, more: Partial<Parameters<typeof createPostPolicy>[1]> = {}) {
  const store = createStorage({ ...base, ...config });
  const created = await createPostPolicy(permitFor(store), { ...input, ...more }, store);
  store.close();
  const document = JSON.parse(Buffer.from(created.fields.Policy ?? "", "base64").toString()) as {
    expiration: string;
    conditions: unknown[];
  };
  return { ...created, ...document };
}

describe("createPostPolicy", () => {
  it.each([
    "",
    "/",
    "media/c/u",
    "/media/c/u/",
    "media//u/",
    "media/../u/",
    "media/./u/",
    `media/\${filename}/`,
    "media/c/\u0000/",
  ])("refuses the prefix %j", async (prefix) => {
    await expect(policyOf({}, { prefix })).rejects.toThrow(TypeError);
  });

  it.each([
    { minBytes: -1 },
    { maxBytes: 0 },
    { maxBytes: Number.POSITIVE_INFINITY },
    { minBytes: 0.5 },
    { ttlSeconds: 0 },
    { ttlSeconds: 604_801 },
    { ttlSeconds: Number.NaN },
  ])("refuses %j", async (limits) => {
    await expect(policyOf({}, limits)).rejects.toThrow(RangeError);
  });

  it("fixes bucket, prefix, size, response and expiry, and allows no ACL", async () => {
    const before = Date.now();
    const { conditions, expiration, expiresAt, fields } = await policyOf({ endpoint: "http://127.0.0.1:9000" });
    expect(conditions).toEqual(
      expect.arrayContaining([
        { bucket: "atoll-media" },
        ["starts-with", "$key", "media/c/u/"],
        ["content-length-range", 1, 100],
        { success_action_status: "201" },
      ]),
    );
    expect(JSON.stringify(conditions)).not.toMatch(/acl|redirect|meta/);
    expect(fields.key).toBe(`media/c/u/\${filename}`);
    expect(new Date(expiration)).toEqual(expiresAt);
    // Policies count whole seconds.
    expect(expiresAt.getTime()).toBeGreaterThan(before + 899_000);
    expect(expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 900_000);
  });

  it("escapes quotes in a prefix, so that the policy's JSON stays intact", async () => {
    const prefix = 'media/c"],["starts-with","$key","/u/';
    const { conditions } = await policyOf(
      { endpoint: "http://127.0.0.1:9000" },
      { prefix: prefix.replaceAll("$", "") },
    );
    expect(conditions.filter((condition) => JSON.stringify(condition).startsWith('["starts-with","$key"'))).toEqual([
      ["starts-with", "$key", prefix.replaceAll("$", "")],
    ]);
  });

  const startsWith = (conditions: unknown[]) =>
    conditions.filter((c): c is string[] => Array.isArray(c) && c[0] === "starts-with").map((c) => c[1]);

  it("allows optional checksums where a missing field is accepted", async () => {
    const { conditions, fields, url } = await policyOf({ endpoint: "http://127.0.0.1:9000", forcePathStyle: true });
    expect(startsWith(conditions)).toEqual(
      expect.arrayContaining(["$Content-Type", "$Content-MD5", "$x-amz-checksum-sha256", "$x-amz-checksum-crc64nvme"]),
    );
    expect(fields["Content-Type"]).toBeUndefined();
    expect(url).toBe("http://127.0.0.1:9000/atoll-media");
  });

  it("lists on AWS only fields every form has, because AWS rejects a form without one", async () => {
    const plain = await policyOf({});
    expect(startsWith(plain.conditions).sort()).toEqual(["$Content-Type", "$key"]);
    expect(plain.fields["Content-Type"]).toBe("application/octet-stream");
    expect(plain.url).toBe("https://atoll-media.s3.eu-central-1.amazonaws.com/");
    const summed = await policyOf({}, { checksumField: "Content-MD5" });
    expect(startsWith(summed.conditions).sort()).toEqual(["$Content-MD5", "$Content-Type", "$key"]);
  });

  it("uses the public endpoint, and includes the token of temporary credentials", async () => {
    const { url, fields } = await policyOf({
      endpoint: "http://10.0.0.1:9000",
      publicEndpoint: "https://media.example.org",
      forcePathStyle: true,
      credentials: { accessKeyId: "ASIA", secretAccessKey: "secret", sessionToken: "token" },
    });
    expect(url).toBe("https://media.example.org/atoll-media");
    expect(fields["X-Amz-Security-Token"]).toBe("token");
  });
});

import { createPresignedPost, type PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import { describe, expect, it } from "vitest";
import { filesBelow, guest, sendForm } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";

const store = storeForFile();
const media = bucketIn(store, "media");
const other = bucketIn(store, "other");
const bytes = Buffer.from("the file");
const placeholder = "$" + "{filename}";
const sign = (options: Partial<PresignedPostOptions>, client = store.s3) =>
  createPresignedPost(client, { Bucket: "media", Key: "k", Expires: 300, ...options });

describe("a form that does not keep to its policy", () => {
  type Change = (fields: Record<string, string>) => Record<string, string> | [string, string][];
  const prefix: Partial<PresignedPostOptions> = {
    Key: `t1/${placeholder}`,
    Conditions: [["starts-with", "$key", "t1/"]],
  };
  const cases: [string, Partial<PresignedPostOptions>, Change, number, string][] = [
    ["a key beside the exact one", { Key: "exact" }, (f) => ({ ...f, key: "evil" }), 403, "AccessDenied"],
    ["a key outside the prefix", prefix, (f) => ({ ...f, key: "t2/x" }), 403, "AccessDenied"],
    ["a prefix without its boundary: t1 is not t10", prefix, (f) => ({ ...f, key: "t10/x" }), 403, "AccessDenied"],
    [
      "a second key after the checked one",
      prefix,
      (f) => [...Object.entries(f), ["Key", "evil"]],
      400,
      "InvalidArgument",
    ],
    [
      "a type that begins like the allowed one",
      { Fields: { "Content-Type": "image/jpeg" } },
      (f) => ({ ...f, "Content-Type": "image/jpegz;text/html" }),
      403,
      "AccessDenied",
    ],
    [
      "a type of another family",
      { Conditions: [["starts-with", "$Content-Type", "image/"]] },
      (f) => ({ ...f, "Content-Type": "text/html" }),
      403,
      "AccessDenied",
    ],
    ["a field the policy does not name", {}, (f) => ({ ...f, "x-amz-meta-evil": "1" }), 403, "AccessDenied"],
    ["an ACL the policy does not name", {}, (f) => ({ ...f, acl: "public-read" }), 403, "AccessDenied"],
    [
      "a missing field the policy asks for",
      { Conditions: [["starts-with", "$x-amz-meta-who", "me"]] },
      (f) => f,
      403,
      "AccessDenied",
    ],
    [
      "a changed signature",
      {},
      (f) => ({ ...f, "X-Amz-Signature": (f["X-Amz-Signature"] ?? "").replace(/^./, (c) => (c === "0" ? "1" : "0")) }),
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "an unknown access key",
      {},
      (f) => ({ ...f, "X-Amz-Credential": (f["X-Amz-Credential"] ?? "").replace("ROOTKEY", "NOKEY") }),
      403,
      "InvalidAccessKeyId",
    ],
    [
      "another user's key on this signature",
      {},
      (f) => ({ ...f, "X-Amz-Credential": (f["X-Amz-Credential"] ?? "").replace("ROOTKEY", guest.accessKeyId) }),
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "a policy with a later end",
      {},
      (f) => ({ ...f, Policy: prolonged(f.Policy ?? "") }),
      403,
      "SignatureDoesNotMatch",
    ],
    ["no signature at all", {}, (f) => ({ key: f.key ?? "" }), 403, "AccessDenied"],
    ["a signature without its policy", {}, ({ Policy: _, ...f }) => f, 400, "InvalidArgument"],
    ["another bucket in the form", {}, (f) => ({ ...f, bucket: "other" }), 403, "AccessDenied"],
    ["no key", {}, ({ key: _, ...f }) => f, 400, "InvalidArgument"],
  ];
  const prolonged = (policy: string) => {
    const document = JSON.parse(Buffer.from(policy, "base64").toString());
    return Buffer.from(JSON.stringify({ ...document, expiration: "2099-01-01T00:00:00Z" })).toString("base64");
  };

  it.each(cases)("%s is refused and nothing is stored", async (_, options, change, status, code) => {
    const before = await media.keys();
    const post = await sign(options);
    const answer = await sendForm(post.url, change({ ...post.fields }), { bytes });
    expect({ status: answer.status, code: answer.code }).toEqual({ status, code });
    expect(await media.keys()).toEqual(before);
  });

  it.each([
    ["too large", 1, 4, "EntityTooLarge"],
    ["too small", 100, 200, "EntityTooSmall"],
  ])("a file %s is refused", async (_, min, max, code) => {
    const before = await media.keys();
    const post = await sign({ Key: "sized", Conditions: [["content-length-range", min, max]] });
    expect(await sendForm(post.url, post.fields, { bytes })).toMatchObject({ status: 400, code });
    expect(await media.keys()).toEqual(before);
  });

  it("a file of megabytes under a limit of bytes is refused, and its bytes do not stay", async () => {
    const post = await sign({ Key: "sized", Conditions: [["content-length-range", 0, 100_000]] });
    const answer = await sendForm(post.url, post.fields, { bytes: Buffer.alloc(900_000) });
    expect(answer).toMatchObject({ status: 400, code: "EntityTooLarge" });
    expect(await filesBelow(store.dataDir, "tmp")).toEqual([]);
  });

  it("a policy for one bucket does nothing on another", async () => {
    const { fields } = await sign({});
    expect(await sendForm(other.url(), fields, { bytes })).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(await other.keys()).toEqual([]);
  });

  it("an expired policy is refused", async () => {
    const post = await sign({ Key: "late", Expires: 1 });
    const send = async () => (await sendForm(post.url, post.fields, { bytes })).status;
    await expect.poll(send).toBe(403);
    const answer = await sendForm(post.url, post.fields, { bytes });
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(answer.text).toContain("Policy expired");
  });

  it("the policy of one who may not write there is refused", async () => {
    const asGuest = store.client({ credentials: guest });
    const post = await sign({ Key: "guests" }, asGuest);
    asGuest.destroy();
    expect(await sendForm(post.url, post.fields, { bytes })).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(await media.keys("guests")).toEqual([]);
  });
});

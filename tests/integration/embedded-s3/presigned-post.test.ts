import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { createPresignedPost, type PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesBelow, guest, raw, sendForm, startStore, type TestStore } from "./harness";

let store: TestStore;
const Bucket = "media";
const bytes = Buffer.from("the file");
const placeholder = "$" + "{filename}";

beforeAll(async () => {
  store = await startStore();
  await store.s3.send(new CreateBucketCommand({ Bucket }));
  await store.s3.send(new CreateBucketCommand({ Bucket: "other" }));
});
afterAll(() => store.stop());

const sign = (options: Partial<PresignedPostOptions>) =>
  createPresignedPost(store.s3, { Bucket, Key: "k", Expires: 300, ...options });
const keys = async () =>
  (await store.s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.map((one) => one.Key) ?? [];

describe("a form that keeps to its policy", () => {
  it("stores the file with its headers and answers 201 with key and ETag", async () => {
    const post = await sign({
      Key: `up/${placeholder}`,
      Conditions: [
        ["starts-with", "$key", "up/"],
        ["content-length-range", 1, 100],
        ["starts-with", "$Content-Type", "image/"],
      ],
      Fields: { success_action_status: "201", "x-amz-meta-who": "ünï" },
    });
    const fields = { ...post.fields, "Content-Type": "image/png" };
    const { Policy, ...rest } = fields as Record<string, string>;
    const answer = await sendForm(post.url, { ...rest, Policy: Policy ?? "" }, { bytes, filename: "dir\\ü 1.png" });
    expect(answer.status).toBe(201);
    expect(answer.text).toContain("<Key>up/ü 1.png</Key>");
    const stored = await store.s3.send(new GetObjectCommand({ Bucket, Key: "up/ü 1.png" }));
    expect(await stored.Body?.transformToString()).toBe("the file");
    expect(stored).toMatchObject({ ContentType: "image/png", Metadata: { who: "=?UTF-8?B?w7xuw68=?=" } });
  });

  it("answers 204 unless told otherwise, and redirects with bucket, key and etag", async () => {
    const plain = await sign({ Key: "plain" });
    expect((await sendForm(plain.url, plain.fields, { bytes })).status).toBe(204);
    const redirecting = await sign({
      Key: "redirected",
      Fields: { success_action_redirect: "https://app.test/done?a=1" },
    });
    const answer = await sendForm(redirecting.url, redirecting.fields, { bytes });
    expect(answer.status).toBe(303);
    const target = new URL(answer.headers.location ?? "");
    expect(Object.fromEntries(target.searchParams)).toMatchObject({ a: "1", bucket: Bucket, key: "redirected" });
  });

  it("takes a file of several megabytes, whatever it looks like", async () => {
    const big = Buffer.alloc(3_000_000, "\r\n------form");
    const post = await sign({ Key: "big", Conditions: [["content-length-range", big.length, big.length]] });
    expect((await sendForm(post.url, post.fields, { bytes: big })).status).toBe(204);
    const stored = await store.s3.send(new GetObjectCommand({ Bucket, Key: "big" }));
    expect(big.equals(Buffer.from((await stored.Body?.transformToByteArray()) ?? []))).toBe(true);
  });
});

describe("a form that does not", () => {
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
      (f) => ({ ...f, "X-Amz-Credential": (f["X-Amz-Credential"] ?? "").replace("ROOTKEY", "NOBODY") }),
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
    const before = await keys();
    const post = await sign(options);
    const answer = await sendForm(post.url, change({ ...post.fields }), { bytes });
    expect({ status: answer.status, code: answer.code }).toEqual({ status, code });
    expect(await keys()).toEqual(before);
  });

  it.each([
    ["too large", 1, 4, "EntityTooLarge"],
    ["too small", 100, 200, "EntityTooSmall"],
  ])("a file %s is refused", async (_, min, max, code) => {
    const before = await keys();
    const post = await sign({ Key: "sized", Conditions: [["content-length-range", min, max]] });
    expect(await sendForm(post.url, post.fields, { bytes })).toMatchObject({ status: 400, code });
    expect(await keys()).toEqual(before);
  });

  it("a file of megabytes under a limit of bytes is refused, and its bytes do not stay", async () => {
    const post = await sign({ Key: "sized", Conditions: [["content-length-range", 0, 100_000]] });
    const answer = await sendForm(post.url, post.fields, { bytes: Buffer.alloc(900_000) });
    expect(answer).toMatchObject({ status: 400, code: "EntityTooLarge" });
    expect(await filesBelow(store.dataDir, "tmp")).toEqual([]);
  });

  it("a policy for one bucket does nothing on another", async () => {
    const post = await sign({});
    const answer = await sendForm(post.url.replace(/media\/?$/, "other"), post.fields, { bytes });
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
  });

  it("an expired policy is refused", async () => {
    const past = store.client({ systemClockOffset: -3_600_000 });
    const post = await createPresignedPost(past, { Bucket, Key: "late", Expires: 300 });
    const document = JSON.parse(Buffer.from(post.fields.Policy ?? "", "base64").toString()) as { expiration: string };
    const ends = Date.parse(document.expiration);
    if (ends > Date.now()) {
      // The presigner takes the end from the real clock: wait it out with the shortest one instead.
      const short = await createPresignedPost(store.s3, { Bucket, Key: "late", Expires: 1 });
      await expect
        .poll(async () => (await sendForm(short.url, short.fields, { bytes })).status, { timeout: 5000 })
        .toBe(403);
      return;
    }
    expect(await sendForm(post.url, post.fields, { bytes })).toMatchObject({ status: 403, code: "AccessDenied" });
  });

  it("a name that climbs out of the prefix stays a name", async () => {
    const post = await sign(prefix);
    expect((await sendForm(post.url, post.fields, { bytes, filename: "../../etc/passwd" })).status).toBe(204);
    expect(await keys()).toContain("t1/passwd");
  });

  it("a body that is no form is refused", async () => {
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    expect(await raw("POST", `${store.endpoint}/${Bucket}`, { headers, body: "hello" })).toMatchObject({
      status: 400,
      code: "MalformedPOSTRequest",
    });
  });
});

import { once } from "node:events";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import * as sdk from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesBelow, guest, raw } from "../harness";
import { bucketIn, storeForFile } from "./fixture";
import { signRequest } from "./signed-request";

/*
 * What a user's ACL allows with a key depends on whose object is there. Each write here begins while the guest may make it,
 * and its body ends when root's object has the key.
 */

const store = storeForFile();
const media = bucketIn(store, "media", { ObjectOwnership: "ObjectWriter" });
const denied = "403 AccessDenied";
let asGuest: sdk.S3Client;
let guestId: string;

beforeAll(async () => {
  asGuest = store.client({ credentials: guest });
  guestId = (await asGuest.send(new sdk.ListBucketsCommand({}))).Owner?.ID ?? "";
  await media.send(sdk.PutBucketAclCommand, { GrantWrite: `id="${guestId}"` });
});
afterAll(() => asGuest.destroy());

async function outcome(answer: Promise<IncomingMessage>): Promise<string> {
  const message = await answer;
  const text = (await message.setEncoding("utf8").toArray()).join("");
  return `${message.statusCode} ${/<Code>([^<]*)/.exec(text)?.[1] ?? ""}`.trim();
}

const answerTo = async (request: ClientRequest) => (await once(request, "response"))[0] as IncomingMessage;

interface LateRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly meanwhile: () => Promise<unknown>;
}

/** Sends a guest's request; its body only after `meanwhile`, which begins when the store has allowed it (100 Continue). */
async function sendLate({ method, url, body, meanwhile }: LateRequest): Promise<string> {
  const { headers } = signRequest({ method, url, body, signer: guest });
  const length = String(Buffer.byteLength(body));
  const request = httpRequest(url, {
    method,
    headers: { ...headers, expect: "100-continue", "content-length": length },
  });
  const answer = answerTo(request);
  request.flushHeaders();
  await Promise.race([once(request, "continue"), answer]);
  await meanwhile();
  request.end(body);
  return outcome(answer);
}

/** Sends a guest's form; the end of its file only after `meanwhile`, which begins when the rest has arrived. */
async function sendFormLate(Key: string, meanwhile: () => Promise<unknown>): Promise<string> {
  const { url, fields } = await createPresignedPost(asGuest, { Bucket: "media", Key });
  const disposition = (name: string) => `--b\r\nContent-Disposition: form-data; name="${name}"`;
  const parts = Object.entries(fields).map(([name, value]) => `${disposition(name)}\r\n\r\n${value}\r\n`);
  const file = "x".repeat(100_000); // more than is kept in the database
  const begin = `${parts.join("")}${disposition("file")}; filename="f"\r\n\r\n${file}`;
  const end = "\r\n--b--\r\n";
  const headers = {
    "content-type": "multipart/form-data; boundary=b",
    "content-length": String(begin.length + end.length),
  };
  const request = httpRequest(url, { method: "POST", headers });
  const answer = answerTo(request);
  request.write(begin);
  await expect.poll(() => filesBelow(store.dataDir, "tmp")).toHaveLength(1);
  await meanwhile();
  request.end(end);
  return outcome(answer);
}

async function sendCompletionLate(Key: string, meanwhile: () => Promise<unknown>): Promise<string> {
  const { UploadId } = await media.send(sdk.CreateMultipartUploadCommand, { Key }, asGuest);
  const part = { Key, UploadId, PartNumber: 1, Body: "guest's" };
  const { ETag } = await media.send(sdk.UploadPartCommand, part, asGuest);
  const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${ETag}</ETag></Part></CompleteMultipartUpload>`;
  return sendLate({ method: "POST", url: media.url(Key, `uploadId=${UploadId}`), body, meanwhile });
}

describe("a write that ends when another's object has the key", () => {
  it.each<[string, (key: string, meanwhile: () => Promise<unknown>) => Promise<string>, string]>([
    ["PUT", (key, meanwhile) => sendLate({ method: "PUT", url: media.url(key), body: "guest's", meanwhile }), "200"],
    ["form", sendFormLate, "204"],
    ["completion", sendCompletionLate, "200"],
  ])("is refused and leaves that object as it is: %s", async (kind, send, accepted) => {
    expect(await send(`${kind}-taken`, () => media.put(`${kind}-taken`, "root's"))).toBe(denied);
    expect(await media.text(`${kind}-taken`)).toBe("root's");
    await expect.poll(() => filesBelow(store.dataDir, "tmp")).toEqual([]);
    const own = () => media.send(sdk.PutObjectCommand, { Key: `${kind}-own`, Body: "guest's" }, asGuest);
    expect(await send(`${kind}-own`, own)).toBe(accepted);
  });

  it("is refused where the object was the guest's when it began", async () => {
    await media.send(sdk.PutObjectCommand, { Key: "changes", Body: "guest's" }, asGuest);
    const meanwhile = () => media.put("changes", "root's");
    expect(await sendLate({ method: "PUT", url: media.url("changes"), body: "guest's", meanwhile })).toBe(denied);
    expect(await media.text("changes")).toBe("root's");
  });
});

describe("a change of an object's ACL that ends when another's object has the key", () => {
  const publish = `<AccessControlPolicy><Owner><ID>OWNER</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`;
  const publishLate = async (Key: string, meanwhile: () => Promise<unknown>) => {
    await media.send(sdk.PutObjectCommand, { Key, Body: "guest's" }, asGuest);
    const body = publish.replace("OWNER", guestId);
    return sendLate({ method: "PUT", url: media.url(Key, "acl"), body, meanwhile });
  };

  it("is refused and does not publish that object", async () => {
    expect(await publishLate("private", () => media.put("private", "root's"))).toBe(denied);
    expect((await raw("GET", media.url("private"))).status).toBe(403);
    expect(await publishLate("public", async () => undefined)).toBe("200");
    expect((await raw("GET", media.url("public"))).status).toBe(200);
  });
});

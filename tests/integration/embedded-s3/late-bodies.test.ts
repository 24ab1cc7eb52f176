import { randomBytes } from "node:crypto";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import * as sdk from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { signRequest } from "./conformance/signed-request";
import { filesBelow, type guest, refusal, startStore, type TestStore } from "./harness";
import { credentials } from "./sessions/query";

/** Bodies that are still arriving when what permitted them has long expired. Only the clock is moved, nothing waits. */

const Bucket = "media";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const half = randomBytes(100_000);
let store: TestStore;

beforeAll(async () => {
  store = await startStore();
  await store.s3.send(new sdk.CreateBucketCommand({ Bucket }));
});
afterAll(() => store.stop());
afterEach(() => vi.useRealTimers());

interface Upload {
  readonly method: string;
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly before?: Buffer;
  readonly after?: Buffer;
}

/** Sends the first half of a body, moves the clock, sends the rest. Returns the answer as `200` or status and code. */
async function arriveLate({ method, url, headers = {}, before, after }: Upload, laterMs: number): Promise<string> {
  const [first, last] = [
    Buffer.concat([before ?? Buffer.alloc(0), half]),
    Buffer.concat([half, after ?? Buffer.alloc(0)]),
  ];
  const length = String(first.length + last.length);
  const request = httpRequest(url, { method, headers: { ...headers, "content-length": length } });
  const answer = answerTo(request);
  request.write(first);
  await expect.poll(() => filesBelow(store.dataDir, "tmp")).toHaveLength(1);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + laterMs });
  request.end(last);
  const { message, text } = await answer;
  vi.useRealTimers();
  await expect.poll(() => filesBelow(store.dataDir, "tmp")).toHaveLength(0);
  return `${message.statusCode} ${/<Code>([^<]*)/.exec(text)?.[1] ?? ""}`.trim();
}

function answerTo(request: ClientRequest): Promise<{ message: IncomingMessage; text: string }> {
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("response", async (message) => {
      resolve({ message, text: (await message.setEncoding("utf8").toArray()).join("") });
    });
  });
}

async function form(key: string): Promise<Upload> {
  const { url, fields } = await createPresignedPost(store.s3, { Bucket, Key: key, Expires: 15 * 60 });
  const parts = Object.entries(fields).map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head = `${parts.join("")}--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n`;
  return {
    method: "POST",
    url,
    headers: { "content-type": "multipart/form-data; boundary=b" },
    before: Buffer.from(head),
    after: Buffer.from("\r\n--b--\r\n"),
  };
}
const presigned = async (url: Promise<string>): Promise<Upload> => ({ method: "PUT", url: await url });
const expiry = { expiresIn: 60 };
const isThere = async (Key: string) => refusal(store.s3.send(new sdk.HeadObjectCommand({ Bucket, Key })));

describe("a form", () => {
  it("may end within 15 minutes after its policy expired", async () => {
    expect(await arriveLate(await form("form-in-time"), 29 * MINUTE)).toBe("204");
    expect(await isThere("form-in-time")).toBe("accepted");
  });

  it("is ended later, and nothing of it is kept", async () => {
    expect(await arriveLate(await form("form-late"), 31 * MINUTE)).toBe("403 AccessDenied");
    expect(await isThere("form-late")).toMatch(/^404/);
  });
});

describe("a presigned PUT", () => {
  const put = (Key: string) => presigned(getSignedUrl(store.s3, new sdk.PutObjectCommand({ Bucket, Key }), expiry));

  it("may end within 12 hours after its URL expired", async () => {
    expect(await arriveLate(await put("put-in-time"), 12 * HOUR)).toBe("200");
    expect(await isThere("put-in-time")).toBe("accepted");
  });

  it("is ended later, and nothing of it is kept", async () => {
    expect(await arriveLate(await put("put-late"), 12 * HOUR + 2 * MINUTE)).toBe("403 AccessDenied");
    expect(await isThere("put-late")).toMatch(/^404/);
  });

  it("of a part, too", async () => {
    const Key = "part-late";
    const { UploadId } = await store.s3.send(new sdk.CreateMultipartUploadCommand({ Bucket, Key }));
    const command = new sdk.UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1 });
    const part = await presigned(getSignedUrl(store.s3, command, expiry));
    expect(await arriveLate(part, 12 * HOUR + 2 * MINUTE)).toBe("403 AccessDenied");
    const { Parts } = await store.s3.send(new sdk.ListPartsCommand({ Bucket, Key, UploadId }));
    expect(Parts ?? []).toEqual([]);
  });
});

describe("a PUT signed in its headers", () => {
  const signed = (key: string, signer?: typeof guest, token?: string): Upload => {
    const url = `${store.endpoint}/${Bucket}/${key}`;
    const extra = token === undefined ? {} : { "x-amz-security-token": token };
    const payloadHash = "UNSIGNED-PAYLOAD";
    const { headers } = signRequest({ method: "PUT", url, payloadHash, headers: extra, ...(signer && { signer }) });
    return { method: "PUT", url, headers };
  };

  it("with a user's own key has no end", async () => {
    expect(await arriveLate(signed("own-key"), 9 * 24 * HOUR)).toBe("200");
  });

  it("with a session's ends 12 hours after the session", async () => {
    const session = async () => credentials(store.endpoint, { Action: "GetSessionToken", DurationSeconds: "900" });
    const late = async (key: string, laterMs: number) => {
      const { sessionToken, ...keys } = await session();
      return arriveLate(signed(key, { name: "session", ...keys }, sessionToken), laterMs);
    };
    expect(await late("session-in-time", 12 * HOUR + 14 * MINUTE)).toBe("200");
    expect(await late("session-late", 12 * HOUR + 16 * MINUTE)).toBe("400 ExpiredToken");
    expect(await isThere("session-late")).toMatch(/^404/);
  });
});

import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { type RunningS3, type S3Options, startS3 } from "@/lib/embedded/s3/server";
import { serverDir } from "@/tests/support/services/server-dir";

export const root = { name: "root", accessKeyId: "ROOTKEY", secretAccessKey: "root-secret-key" };
export const guest = { name: "guest", accessKeyId: "GUESTKEY", secretAccessKey: "guest-secret-key" };

export interface TestStore {
  readonly endpoint: string;
  readonly dataDir: string;
  readonly s3: S3Client;
  readonly runLifecycle: RunningS3["runLifecycle"];
  client(config?: Partial<S3ClientConfig>): S3Client;
  /** Stops and removes the folder. */
  stop(): Promise<void>;
  /** Stops and leaves the folder. */
  stopKeeping(): Promise<void>;
}

export async function startStore(folder?: string, options: Partial<S3Options> = {}): Promise<TestStore> {
  const dataDir = folder ?? serverDir("embedded-s3-");
  const server = await startS3({ dataDir, users: [root, guest], ...options });
  const client = (config: Partial<S3ClientConfig> = {}) => s3Client(server.endpoint, config);
  const s3 = client();
  return {
    endpoint: server.endpoint,
    dataDir,
    s3,
    runLifecycle: server.runLifecycle,
    client,
    async stopKeeping() {
      s3.destroy();
      await server.stop();
    },
    async stop() {
      s3.destroy();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export function s3Client(endpoint: string, config: Partial<S3ClientConfig> = {}): S3Client {
  const { accessKeyId, secretAccessKey } = root;
  return new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey },
    ...config,
  });
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The Code of an XML error. */
  readonly code: string | undefined;
}

/** A request the SDK would not make. */
export function raw(
  method: string,
  url: string,
  options: { headers?: Record<string, string>; body?: Buffer | string } = {},
): Promise<RawAnswer> {
  const { headers = {}, body } = options;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers: { ...length, ...headers } }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(parts).toString();
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text,
          code: /<Code>([^<]*)/.exec(text)?.[1],
        });
      });
    });
    request.on("error", reject);
    // As bytes: with a string Node would send the headers before it as UTF-8, too.
    request.end(body === undefined ? undefined : Buffer.from(body));
  });
}

export interface FormFile {
  readonly bytes: Buffer;
  readonly filename?: string;
}

/** Sends a form as browsers do, the file last. */
export function sendForm(
  url: string,
  fields: Record<string, string> | [string, string][],
  file: FormFile,
): Promise<RawAnswer> {
  const boundary = `----form${randomBytes(8).toString("hex")}`;
  const pairs = Array.isArray(fields) ? fields : Object.entries(fields);
  const parts = pairs.map(([name, value]) =>
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`),
  );
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.filename ?? "f.bin"}"\r\nContent-Type: image/jpeg\r\n\r\n`;
  const body = Buffer.concat([...parts, Buffer.from(head), file.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return raw("POST", url, { headers: { "content-type": `multipart/form-data; boundary=${boundary}` }, body });
}

/** All files below a folder of the store. */
export async function filesBelow(dataDir: string, folder: "tmp" | "blobs"): Promise<string[]> {
  const entries = await readdir(join(dataDir, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** What an SDK call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return `${$metadata?.httpStatusCode} ${name}`;
  }
  return "accepted";
}

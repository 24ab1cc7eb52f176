import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CreateBucketCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { type RunningS3, startS3 } from "@/lib/embedded/s3/server";
import type { UploadServer } from "@/lib/upload/client/server";
import type { OpenedUpload, PostPolicy } from "@/lib/upload/schema";

const credentials = { accessKeyId: "TESTACCESSKEY0001", secretAccessKey: "a-secret-of-the-test-of-forty-characters" };
const users = [{ name: "root", ...credentials }];
const bucket = "uploads";

/** The embedded store on a port of its own, which can be taken away and come back. */
export class Storage {
  readonly #dataDir: string;
  #running: RunningS3;
  readonly #client: S3Client;

  private constructor(dataDir: string, running: RunningS3) {
    this.#dataDir = dataDir;
    this.#running = running;
    const { endpoint } = running;
    this.#client = new S3Client({ endpoint, credentials, region: "us-east-1", forcePathStyle: true });
  }

  static async start(): Promise<Storage> {
    const dataDir = await mkdtemp(path.join(tmpdir(), "upload-client-"));
    const storage = new Storage(dataDir, await startS3({ dataDir, port: 0, users }));
    await storage.#client.send(new CreateBucketCommand({ Bucket: bucket }));
    return storage;
  }

  async goAway(): Promise<void> {
    await this.#running.stop();
  }

  async comeBack(): Promise<void> {
    const { port } = this.#running;
    this.#running = await startS3({ dataDir: this.#dataDir, port, users });
  }

  async end(): Promise<void> {
    this.#client.destroy();
    await this.#running.stop();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  async policy(prefix: string, { seconds = 900, maxBytes = 1_000_000 } = {}): Promise<PostPolicy> {
    const { url, fields } = await createPresignedPost(this.#client, {
      Bucket: bucket,
      Key: `${prefix}$\{filename}`,
      Expires: seconds,
      Conditions: [
        ["content-length-range", 1, maxBytes],
        ["starts-with", "$Content-Type", ""],
      ],
    });
    const text = Buffer.from(fields.Policy ?? "", "base64").toString();
    const expiresAt = new Date((JSON.parse(text) as { expiration: string }).expiration).toISOString();
    return { url, fields, expiresAt };
  }

  /** Paths under a prefix with their sizes and entity tags, and how many versions there are in all. */
  async arrived(
    prefix: string,
  ): Promise<{ files: Map<string, { sizeBytes: number; etag: string }>; versions: number }> {
    const files = new Map<string, { sizeBytes: number; etag: string }>();
    let versions = 0;
    let KeyMarker: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...(KeyMarker && { KeyMarker }) }),
      );
      for (const { Key = "", Size = 0, ETag = "", IsLatest } of page.Versions ?? []) {
        versions += 1;
        if (IsLatest) files.set(Key.slice(prefix.length), { sizeBytes: Size, etag: ETag.replaceAll('"', "") });
      }
      KeyMarker = page.NextKeyMarker;
    } while (KeyMarker);
    return { files, versions };
  }
}

let uploads = 0;

/** The site's part, with the storage's real policies: everything that was sealed counts as verified. */
export class Site implements UploadServer {
  readonly #id = `0190b1f4-0000-7000-8000-${String(++uploads).padStart(12, "0")}`;
  readonly prefix = `media/c/${this.#id}/`;
  readonly calls: string[] = [];

  constructor(readonly storage: Storage) {}

  /** Replaced by tests that want another policy. */
  grant: () => Promise<PostPolicy> = () => this.storage.policy(this.prefix);

  async open(): Promise<OpenedUpload> {
    this.calls.push("open");
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    return { id: this.#id, state: "open", prefix: this.prefix, policy: await this.grant(), expiresAt };
  }

  async renewPolicy(): Promise<PostPolicy> {
    this.calls.push("renew");
    return this.grant();
  }

  async seal(): Promise<void> {
    this.calls.push("seal");
  }

  async abort(): Promise<void> {
    this.calls.push("abort");
  }

  async status() {
    const { files } = await this.storage.arrived(this.prefix);
    const counts = { total: files.size, verified: files.size, rejected: 0, pending: 0 };
    const dates = { createdAt: new Date().toISOString(), expiresAt: new Date().toISOString() };
    const rest = { label: "", plannedFiles: null, plannedBytes: null, bytes: 0, rejected: [] };
    return { id: this.#id, state: "verified" as const, ...dates, ...rest, files: counts };
  }
}

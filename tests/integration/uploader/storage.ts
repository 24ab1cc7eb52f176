import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketCorsCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { type RunningS3, startS3 } from "@/lib/embedded/s3/server";
import { AppError } from "@/lib/errors";
import type { PostPolicy } from "@/lib/upload/schema";

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
    this.#client = new S3Client({
      endpoint,
      credentials,
      region: "us-east-1",
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
    });
  }

  static async start(): Promise<Storage> {
    const dataDir = await mkdtemp(path.join(tmpdir(), "uploader-"));
    const storage = new Storage(dataDir, await startS3({ dataDir, port: 0, users }));
    await storage.#client.send(new CreateBucketCommand({ Bucket: bucket }));
    return storage;
  }

  /** Lets pages of an origin post, put and read entity tags, as the bucket's setup does. */
  async allowOrigin(origin: string): Promise<void> {
    const rule = {
      AllowedOrigins: [origin],
      AllowedMethods: ["POST", "PUT"],
      AllowedHeaders: ["*"],
      ExposeHeaders: ["ETag", "x-amz-checksum-sha256"],
    };
    const CORSConfiguration = { CORSRules: [rule] };
    await this.#client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration }));
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

  async policy(prefix: string, { seconds = 900, maxBytes = 20_000_000 } = {}): Promise<PostPolicy> {
    const { url, fields } = await createPresignedPost(this.#client, {
      Bucket: bucket,
      Key: `${prefix}$\{filename}`,
      Expires: seconds,
      Conditions: [
        ["content-length-range", 1, maxBytes],
        ["starts-with", "$Content-Type", ""],
        ["starts-with", "$x-amz-checksum-sha256", ""],
      ],
    });
    const text = Buffer.from(fields.Policy ?? "", "base64").toString();
    const expiresAt = new Date((JSON.parse(text) as { expiration: string }).expiration).toISOString();
    return { url, fields, expiresAt };
  }

  async beginMultipart(key: string): Promise<string> {
    const { UploadId = "" } = await this.#client.send(
      new CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        ChecksumAlgorithm: "CRC64NVME",
        ChecksumType: "FULL_OBJECT",
      }),
    );
    return UploadId;
  }

  partUrl(key: string, s3UploadId: string, n: number, crc: string | undefined, seconds: number): Promise<string> {
    const command = new UploadPartCommand({
      Bucket: bucket,
      Key: key,
      UploadId: s3UploadId,
      PartNumber: n,
      ChecksumCRC64NVME: crc,
    });
    const headers = new Set(["x-amz-checksum-crc64nvme"]);
    return getSignedUrl(this.#client, command, { expiresIn: seconds, unhoistableHeaders: headers });
  }

  /** Numbers and entity tags of the parts there are; null if the multipart is completed or aborted. */
  async parts(key: string, s3UploadId: string): Promise<{ PartNumber: number; ETag: string }[] | null> {
    const input = { Bucket: bucket, Key: key, UploadId: s3UploadId };
    try {
      const { Parts = [] } = await this.#client.send(new ListPartsCommand(input));
      return Parts.map(({ PartNumber = 0, ETag = "" }) => ({ PartNumber, ETag }));
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === "NoSuchUpload") return null;
      throw error;
    }
  }

  /** Throws as the site does. */
  async complete(key: string, s3UploadId: string, crc64nvme: string | undefined): Promise<void> {
    const parts = await this.parts(key, s3UploadId);
    if (!parts) throw new AppError("CONFLICT", "The multipart is gone.");
    const MultipartUpload = { Parts: parts };
    const whole = { ChecksumCRC64NVME: crc64nvme, ChecksumType: "FULL_OBJECT" } as const;
    const input = { Bucket: bucket, Key: key, UploadId: s3UploadId, MultipartUpload, ...(crc64nvme && whole) };
    try {
      await this.#client.send(new CompleteMultipartUploadCommand(input));
    } catch (error) {
      if (error instanceof S3ServiceException) throw new AppError("CONFLICT", `The storage says ${error.name}.`);
      throw error;
    }
  }

  async abortMultipart(key: string, s3UploadId: string): Promise<void> {
    await this.#client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: s3UploadId }));
  }

  /** Multiparts under a prefix that were neither completed nor aborted. */
  async openMultiparts(prefix: string): Promise<string[]> {
    const { Uploads = [] } = await this.#client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }),
    );
    return Uploads.map(({ Key = "" }) => Key);
  }

  async crcOf(key: string): Promise<string | undefined> {
    const input = { Bucket: bucket, Key: key, ChecksumMode: "ENABLED" } as const;
    return (await this.#client.send(new HeadObjectCommand(input))).ChecksumCRC64NVME;
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

import * as sdk from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll } from "vitest";
import type { S3Options } from "@/lib/embedded/s3/server";
import { startStore, type TestStore } from "../harness";

type Options = Parameters<typeof getSignedUrl>[2];
/** Every command of the SDK has this shape; the type of its input follows from the command. */
type CommandOf<I extends sdk.ServiceInputTypes, O extends sdk.ServiceOutputTypes> = new (
  input: I,
) => sdk.$Command<I, O, sdk.S3ClientResolvedConfig, sdk.ServiceInputTypes, sdk.ServiceOutputTypes>;

/** One store for all tests of a file. Its fields can be read once the tests run. */
export function storeForFile(options: Partial<S3Options> = {}): TestStore {
  let running: TestStore | undefined;
  beforeAll(async () => {
    running = await startStore(undefined, options);
  });
  afterAll(() => running?.stop());
  return new Proxy({} as TestStore, {
    get: (_, field) => {
      if (!running) throw new Error("The store runs while tests do, not while they are collected.");
      return running[field as keyof TestStore];
    },
  });
}

/** A bucket of a store, made before the tests of the file (or of the `describe` around it). */
export function bucketIn(
  store: TestStore,
  name: string,
  input: Partial<sdk.CreateBucketCommandInput> = {},
): TestBucket {
  const bucket = new TestBucket(store, name);
  beforeAll(() => bucket.send(sdk.CreateBucketCommand, input));
  return bucket;
}

/** What tests do with one bucket, in few words. Everything is sent by root unless a client is given. */
export class TestBucket {
  constructor(
    readonly store: TestStore,
    readonly name: string,
  ) {}

  /** Sends any command to this bucket. */
  send<I extends sdk.ServiceInputTypes, O extends sdk.ServiceOutputTypes>(
    Command: CommandOf<I, O>,
    input: Omit<I, "Bucket">,
    client: sdk.S3Client = this.store.s3,
  ): Promise<O> {
    return client.send(this.command(Command, input));
  }

  /** Presigns any command for this bucket. */
  sign<I extends sdk.ServiceInputTypes, O extends sdk.ServiceOutputTypes>(
    Command: CommandOf<I, O>,
    input: Omit<I, "Bucket">,
    options: Options = {},
    client: sdk.S3Client = this.store.s3,
  ): Promise<string> {
    return getSignedUrl(client, this.command(Command, input), { expiresIn: 60, ...options });
  }

  private command<I extends sdk.ServiceInputTypes, O extends sdk.ServiceOutputTypes>(
    Command: CommandOf<I, O>,
    input: Omit<I, "Bucket">,
  ) {
    return new Command({ ...input, Bucket: this.name } as I);
  }

  put(Key: string, Body: Buffer | string, input: Partial<sdk.PutObjectCommandInput> = {}) {
    return this.send(sdk.PutObjectCommand, { Key, Body, ...input });
  }

  get(Key: string, input: Partial<sdk.GetObjectCommandInput> = {}) {
    return this.send(sdk.GetObjectCommand, { Key, ...input });
  }

  head(Key: string, input: Partial<sdk.HeadObjectCommandInput> = {}) {
    return this.send(sdk.HeadObjectCommand, { Key, ...input });
  }

  async bytes(Key: string, input: Partial<sdk.GetObjectCommandInput> = {}): Promise<Buffer> {
    return Buffer.from((await (await this.get(Key, input)).Body?.transformToByteArray()) ?? []);
  }

  async text(Key: string, input: Partial<sdk.GetObjectCommandInput> = {}): Promise<string> {
    return (await this.bytes(Key, input)).toString();
  }

  /** All keys there are, as ListObjectsV2 gives them. */
  async keys(Prefix = ""): Promise<string[]> {
    const { Contents = [], IsTruncated } = await this.send(sdk.ListObjectsV2Command, { Prefix });
    if (IsTruncated) throw new Error("More than a page of keys.");
    return Contents.map((one) => one.Key ?? "");
  }

  /** The address without a signature. */
  url(key = "", query = ""): string {
    const path = key.split("/").map(encodeURIComponent).join("/");
    return `${this.store.endpoint}/${this.name}${key && `/${path}`}${query && `?${query}`}`;
  }
}

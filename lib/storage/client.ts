import "server-only";
import { S3Client } from "@aws-sdk/client-s3";
import { env, requireStorageNamed } from "@/lib/env";
import type { SigningIdentity } from "./sign";

type StorageCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

export type StorageConfig = {
  bucket: string;
  region: string;
  /** Origin of an S3-compatible server; absent for AWS. */
  endpoint?: string | undefined;
  /** Origin browsers use for the same server, if different from `endpoint`. Used in signed URLs and POST policies. */
  publicEndpoint?: string | undefined;
  forcePathStyle: boolean;
  /** Absent: the SDK's default provider chain (environment, profile, container or instance role). */
  credentials?: StorageCredentials | (() => Promise<StorageCredentials>) | undefined;
};

export type Storage = {
  readonly config: Readonly<StorageConfig>;
  readonly bucket: string;
  readonly region: string;
  /** Sends this process's requests. Throws the SDK's errors: wrap calls in `storageCall`. */
  readonly client: S3Client;
  /** Never sends requests. Its endpoint, the public one, goes into presigned POSTs. */
  readonly publicClient: S3Client;
  /** Returns the identity that signs URLs for browsers: the same object until the credentials change. */
  signingIdentity(): Promise<SigningIdentity>;
  close(): void;
};

/** Creates a storage for tests, tools and other buckets. Sends no request. The caller closes it. */
export function createStorage(config: StorageConfig): Storage {
  const client = s3Client(config, config.endpoint);
  const publicEndpoint = config.publicEndpoint ?? config.endpoint;
  const publicClient =
    publicEndpoint === config.endpoint
      ? client
      : s3Client({ ...config, credentials: client.config.credentials }, publicEndpoint);
  const { bucket, region, forcePathStyle } = config;
  let identity: SigningIdentity | undefined;
  return {
    config,
    bucket,
    region,
    client,
    publicClient,
    async signingIdentity() {
      // The SDK caches credentials and renews them before they expire.
      const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
      const same = identity?.secretAccessKey === secretAccessKey && identity.sessionToken === sessionToken;
      if (!identity || !same || identity.accessKeyId !== accessKeyId) {
        const endpoint = publicEndpoint;
        identity = { accessKeyId, secretAccessKey, sessionToken, region, endpoint, bucket, forcePathStyle };
      }
      return identity;
    },
    close() {
      client.destroy();
      if (publicClient !== client) publicClient.destroy();
    },
  };
}

function s3Client(config: StorageConfig, endpoint: string | undefined): S3Client {
  const agent = { keepAlive: true, maxSockets: 64 };
  return new S3Client({
    region: config.region,
    forcePathStyle: config.forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(config.credentials === undefined ? {} : { credentials: config.credentials }),
    // WHEN_SUPPORTED would sign the CRC32 of an empty body into presigned PUTs, and send aws-chunked trailers, which Ceph 16
    // rejects with 411.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    retryMode: "standard",
    maxAttempts: 3,
    // Short, because users wait for most calls. The socket timeout is an idle timeout and does not end long transfers.
    requestHandler: { connectionTimeout: 3_000, socketTimeout: 30_000, httpAgent: agent, httpsAgent: agent },
  });
}

let shared: Storage | undefined;

/** Returns the media bucket configured in the environment, created at first use. Throws EnvError. */
export function storage(): Storage {
  shared ??= createStorage(storageConfig());
  return shared;
}

/** Returns the media bucket of the environment, with the SDK's default credentials. Throws EnvError. */
export function storageConfig(): StorageConfig {
  requireStorageNamed(env());
  const { S3_BUCKET, S3_REGION, S3_ENDPOINT, S3_PUBLIC_ENDPOINT, S3_FORCE_PATH_STYLE } = env();
  return {
    bucket: S3_BUCKET,
    region: S3_REGION,
    endpoint: S3_ENDPOINT,
    publicEndpoint: S3_PUBLIC_ENDPOINT,
    forcePathStyle: S3_FORCE_PATH_STYLE,
  };
}

/** Closes the connections of `storage()`. A later `storage()` opens new ones. */
export function closeStorage(): void {
  shared?.close();
  shared = undefined;
}

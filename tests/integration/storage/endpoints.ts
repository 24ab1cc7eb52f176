import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createStorage, type Storage } from "@/lib/storage/client";
import { cephAvailable, startCeph } from "../../support/ceph";
import { startTestS3 } from "../../support/s3";

export type RunningEndpoint = {
  /** Returns a storage for a bucket on this endpoint; closed with the endpoint. */
  storage(bucket: string): Storage;
  stop(): Promise<void>;
};

export type TestEndpoint = { name: string; ceph: boolean; available: boolean; start(): Promise<RunningEndpoint> };

type Server = { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string; stop(): Promise<void> };

async function running(server: Server): Promise<RunningEndpoint> {
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const storages: Storage[] = [];
  return {
    storage(bucket) {
      const credentials = { accessKeyId, secretAccessKey };
      const storage = createStorage({ endpoint, region, bucket, forcePathStyle: true, credentials });
      storages.push(storage);
      return storage;
    },
    async stop() {
      for (const storage of storages) storage.close();
      await server.stop();
    },
  };
}

async function startOwn(): Promise<RunningEndpoint> {
  const dir = await mkdtemp(path.join(os.tmpdir(), "atoll-s3-"));
  const { access, stop } = await startTestS3(dir);
  return running({
    ...access,
    async stop() {
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
  });
}

/** The S3 servers the storage layer is tested with. Each is started per test file. */
export const endpoints: readonly TestEndpoint[] = [
  { name: "our own store", ceph: false, available: true, start: startOwn },
  { name: "Ceph", ceph: true, available: cephAvailable(), start: async () => running(await startCeph()) },
];

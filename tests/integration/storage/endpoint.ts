import { randomBytes } from "node:crypto";
import { afterAll, inject } from "vitest";
import { createStorage, type Storage } from "@/lib/storage/client";

const { s3, checksums } = inject("services");
const run = randomBytes(4).toString("hex");
const storages: Storage[] = [];
afterAll(() => {
  for (const storage of storages) storage.close();
});

/** The S3 this project tests the storage layer on: our own store, or Ceph's in the project `elsewhere`. */
export const endpoint = {
  name: checksums ? "our own store" : "Ceph",
  ceph: !checksums,
  /** Returns a storage for a bucket of this test file's own; closed after the file. */
  storage(name: string): Storage {
    const storage = createStorage({ ...s3, bucket: `${name}-${run}`, forcePathStyle: true, credentials: s3 });
    storages.push(storage);
    return storage;
  },
};

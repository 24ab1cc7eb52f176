import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { storage } from "@/lib/storage/client";
import { listObjectVersions } from "@/lib/storage/objects/list";
import type { TestBucket } from "@/tests/support/services/services";

/** The keys of all derivatives in the bucket. */
export async function derivedKeys({ bucket, client }: TestBucket): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "derived/" }));
  return Contents.flatMap(({ Key }) => Key ?? []);
}

export async function versionsOf(derivedId: string | null): Promise<number> {
  let count = 0;
  for await (const page of listObjectVersions(`derived/${derivedId}/`)) count += page.length;
  return count;
}

/** Calls `run` before the first derivative is stored by `during`. */
export async function beforeStoring<T>(run: () => Promise<void>, during: () => Promise<T>): Promise<T> {
  let isFirst = true;
  storage().client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === "PutObjectCommand" && isFirst) {
          isFirst = false;
          await run();
        }
        return next(args);
      },
    { step: "initialize", name: "before" },
  );
  try {
    return await during();
  } finally {
    storage().client.middlewareStack.remove("before");
  }
}

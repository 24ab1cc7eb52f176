import { stat } from "node:fs/promises";
import { join } from "node:path";
import { open } from "lmdb";
import { expect } from "vitest";
import type { DataRef, Layout, ObjectRecord, PartRecord, UploadRecord } from "@/lib/embedded/s3/store/database/records";
import { filesBelow } from "../harness";

interface Rows {
  readonly heads: ObjectRecord[];
  readonly versions: ObjectRecord[];
  readonly parts: PartRecord[];
  readonly uploads: UploadRecord[];
  readonly layouts: Map<string, Layout>;
  readonly references: Map<string, number>;
  readonly inline: Map<string, number>;
  readonly partOwners: Set<string>;
}

/**
 * Holds a store's files against its database, row by row, from outside; the store may be running but must be idle.
 * @returns what is wrong, one line each
 */
async function audit(dataDir: string): Promise<string[]> {
  const rows = await readRows(join(dataDir, "meta"));
  const wrong: string[] = [];
  const counted = new Map<string, number>();
  const sizes = new Map<string, number>();
  const inline = new Map<string, number>();
  const count = (data: DataRef | undefined, sizeBytes: number) => {
    if (data?.kind === "inline") inline.set(data.id, sizeBytes);
    else if (data) counted.set(data.id, (counted.get(data.id) ?? 0) + 1);
    if (data?.kind === "file") sizes.set(data.id, sizeBytes);
  };
  for (const record of [...rows.heads, ...rows.versions]) count(record.data, record.sizeBytes);
  for (const part of rows.parts) count(part.data, part.sizeBytes);
  for (const layout of rows.layouts.values()) for (const part of layout.parts) count(part.data, part.sizeBytes);
  wrong.push(...differences("references", counted, rows.references));
  wrong.push(...differences("rows of bytes", inline, rows.inline));
  wrong.push(...differences("files", sizes, await fileSizes(dataDir)));
  const uploadIds = new Set(rows.uploads.map((upload) => upload.uploadId));
  for (const uploadId of rows.partOwners)
    if (!uploadIds.has(uploadId)) wrong.push(`parts of ${uploadId}, which is gone`);
  for (const name of await filesBelow(dataDir, "tmp")) wrong.push(`tmp/${name} is left over`);
  return wrong;
}

/** Expects nothing wrong, once the files that are removed in the background are gone. */
export async function expectSound(dataDir: string, message?: string): Promise<void> {
  await expect.poll(() => audit(dataDir), { ...(message && { message }) }).toEqual([]);
}

function differences(what: string, expected: Map<string, number>, found: Map<string, number>): string[] {
  const ids = new Set([...expected.keys(), ...found.keys()]);
  const differing = [...ids].filter((id) => expected.get(id) !== found.get(id));
  return differing.map((id) => `${what}: ${id} should have ${expected.get(id)} and has ${found.get(id)}`);
}

async function readRows(folder: string): Promise<Rows> {
  const environment = open({ path: folder, keyEncoding: "binary", encoding: "json", readOnly: true, maxDbs: 16 });
  const table = <V>(name: string, encoding: "json" | "binary" = "json") => [
    ...environment.openDB<V, Buffer>({ name, keyEncoding: "binary", encoding }).getRange({}),
  ];
  const byId = <V>(entries: { key: Buffer; value: V }[]) =>
    new Map(entries.map(({ key, value }) => [Buffer.from(key).toString("latin1"), value]));
  const values = <V>(entries: { value: V }[]) => entries.map(({ value }) => value);
  try {
    const parts = table<PartRecord>("parts");
    return {
      heads: values(table<ObjectRecord>("heads")),
      versions: values(table<ObjectRecord>("versions")),
      parts: values(parts),
      uploads: values(table<UploadRecord>("uploads")),
      layouts: byId(table<Layout>("layouts")),
      references: byId(table<number>("references")),
      inline: new Map([...byId(table<Buffer>("inline", "binary"))].map(([id, bytes]) => [id, bytes.length])),
      partOwners: new Set(parts.map(({ key }) => Buffer.from(key).subarray(0, -2).toString("latin1"))),
    };
  } finally {
    await environment.close();
  }
}

async function fileSizes(dataDir: string): Promise<Map<string, number>> {
  const names = await filesBelow(dataDir, "blobs");
  const sizes = names.map(
    async (name) => [name, (await stat(join(dataDir, "blobs", name.slice(-2), name))).size] as const,
  );
  return new Map(await Promise.all(sizes));
}

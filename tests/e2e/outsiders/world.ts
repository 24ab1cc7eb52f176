import { expect } from "@playwright/test";
import pg from "pg";
import { readRunning } from "@/lib/cli/start/data-dir";
import type { OpenedUpload } from "@/lib/upload/schema";
import { picture } from "@/tests/support/pictures";
import { type Sentinel, sizeSentinel, timeTexts } from "@/tests/support/sentinels";
import { requiredEnv } from "../required-env";
import type { Subject } from "./walk";

const taken = "2019-07-03T04:05:06";
const createdAt = new Date("2018-11-23T17:19:23.456Z");
const position = { latitude: 12.345_678_91, longitude: -68.987_654_32 };
const sizes = { original: 98_765_432_109, collection: 8_765_432_109_876 };
const path = "Geheimer Ordner/Riff Größe 07.jpg";
const title = "Ein Geheimnis im Titel";
const label = "Eine geheime Bezeichnung";
const person = "Geheime Urheberin";

/** A picture, and so many files more that the first page of a gallery has a cursor. */
export const mediaCount = 71;

/** Returns an asker of the site's API with this session. */
function asker(site: string, cookie: string) {
  return async (method: string, address: string, body?: object): Promise<unknown> => {
    const response = await fetch(site + address, {
      method,
      headers: { cookie, origin: site, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    expect(response.ok, `${method} ${address}: ${response.status}`).toBe(true);
    return response.json();
  };
}

export type World = {
  subject: Subject;
  /** What outsiders of a preview collection must not learn; and those of a private one. */
  sentinels: { preview: Sentinel[]; private: Sentinel[] };
  setVisibility(visibility: "private" | "preview"): Promise<void>;
  close(): Promise<void>;
};

/** Makes a picture of a collection tell the sentinels: by its EXIF, and by every column that says something about it. */
export async function makeWorld(site: string, cookie: string, slug: string): Promise<World> {
  const client = new pg.Client({ connectionString: readRunning(requiredEnv("ATOLL_DATA_DIR"))?.DATABASE_URL ?? "" });
  await client.connect();
  const subject = await uploadPicture(asker(site, cookie), slug);
  await client.query(fillStatement, [slug, subject.uploadId]);
  const { rows } = await client.query(plantStatement, [
    ...[slug, title, `${taken}.789Z`, createdAt, position.latitude, position.longitude],
    ...[sizes.original, sizes.collection, label, person],
  ]);
  const [{ key, version_id, etag, sha256, prefix, other_id, file_id }] = rows;
  const preview = [
    { name: "path", texts: [path, "Geheimer Ordner", "Riff Größe 07"] },
    { name: "title", texts: [title] },
    { name: "time", texts: timeTexts(new Date(`${taken}.789Z`)) },
    { name: "time of the upload", texts: timeTexts(createdAt) },
    // Of thumbnails it is excepted in the walk.
    { name: "time of storing", texts: ["last-modified: "] },
    sizeSentinel("size", sizes.original),
    sizeSentinel("size of the collection", sizes.collection),
    { name: "position", texts: Object.values(position).map(String) },
    { name: "person", texts: [person] },
    { name: "warning", texts: ["Eine geheime Warnung"] },
    { name: "note", texts: ["Ein geheimer Hinweis"] },
    { name: "key", texts: [key, version_id, prefix] },
  ];
  return {
    subject: { ...subject, otherMediaId: other_id, fileId: file_id },
    sentinels: {
      preview: [...preview, { name: "checksum", texts: [etag, sha256] }, { name: "label", texts: [label] }],
      private: [
        { name: "name", texts: ["Geheime Sammlung"] },
        { name: "description", texts: ["Geheime Beschreibung"] },
      ],
    },
    setVisibility: async (visibility) => {
      await client.query(`UPDATE "collection" SET "visibility" = $2::"Visibility" WHERE "slug" = $1`, [
        slug,
        visibility,
      ]);
    },
    close: () => client.end(),
  };
}

async function uploadPicture(
  ask: ReturnType<typeof asker>,
  slug: string,
): Promise<Omit<Subject, "otherMediaId" | "fileId">> {
  const opened = (await ask("POST", `/api/v1/collections/${slug}/uploads`, { label })) as OpenedUpload;
  const bytes = await picture({ takenAt: taken, offset: "+00:00", position });
  await ask("POST", `/api/v1/uploads/${opened.id}/files`, { files: [{ path, size: bytes.length }] });
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...opened.policy.fields, key: opened.prefix + path }))
    form.append(name, value);
  form.append("file", new Blob([new Uint8Array(bytes)]), "file");
  expect((await fetch(opened.policy.url, { method: "POST", body: form })).ok).toBe(true);
  await ask("PATCH", `/api/v1/uploads/${opened.id}`, { state: "sealed" });
  const items = async () =>
    ((await ask("GET", `/api/v1/collections/${slug}/media`)) as { items: { id: string; state: string }[] }).items;
  await expect.poll(async () => (await items())[0]?.state, { timeout: 90_000 }).toBe("ready");
  return { slug, uploadId: opened.id, mediaId: (await items())[0]?.id ?? "" };
}

const fillStatement = `
  WITH made AS (
    INSERT INTO "media" ("collection_id", "path", "sort_path", "taken_at", "updated_at")
    SELECT c."id", 'Geheimer Ordner/' || n, 'Geheimer Ordner/' || n, now(), now()
    FROM "collection" c, generate_series(2, ${mediaCount}) n WHERE c."slug" = $1
    RETURNING "id"
  )
  INSERT INTO "revision" ("media_id", "upload_id", "number", "key", "version_id", "size_bytes", "etag", "state", "content_type")
  SELECT "id", $2::uuid, 1, $2::uuid::text || '/' || "id", 'v', 1, 'e', 'kept', 'text/plain' FROM made`;

/** Makes every column tell a sentinel. Returns what the database and the storage chose themselves. */
const plantStatement = `
  WITH c AS (
    UPDATE "collection" SET "name" = 'Geheime Sammlung', "description" = 'Geheime Beschreibung', "size_bytes" = $8::bigint, "media_count" = ${mediaCount}
    WHERE "slug" = $1 RETURNING "id"
  ), r AS (
    UPDATE "revision" r SET "size_bytes" = $7::bigint, "sha256" = coalesce(r."sha256", repeat('5e', 32)),
      "warning" = CASE WHEN r."state" = 'ready' THEN 'Eine geheime Warnung' END,
      "display_note" = CASE WHEN r."state" = 'ready' THEN 'Ein geheimer Hinweis' END
    FROM "media" m, c WHERE m."id" = r."media_id" AND m."collection_id" = c."id" RETURNING r.*
  ), m AS (
    UPDATE "media" m SET "current_revision_id" = r."id", "title" = $2, "taken_at" = $3::timestamptz, "created_at" = $4::timestamptz,
      "latitude" = $5::float8, "longitude" = $6::float8
    FROM r WHERE r."media_id" = m."id" RETURNING m."id"
  ), u AS (
    UPDATE "upload" u SET "label" = $9, "verified_bytes" = $7::bigint FROM c WHERE u."collection_id" = c."id" RETURNING u."id"
  ), p AS (
    UPDATE "user" p SET "name" = $10 FROM "upload" u, c WHERE u."collection_id" = c."id" AND p."id" = u."created_by_id"
  )
  SELECT r."key", r."version_id", r."etag", r."sha256", 'media/' || c."id" || '/' || u."id" AS "prefix",
    (SELECT r."media_id" FROM r WHERE r."state" = 'kept' LIMIT 1) AS "other_id",
    (SELECT f."id" FROM "upload_file" f WHERE f."upload_id" = u."id" LIMIT 1) AS "file_id"
  FROM c, u, r WHERE r."state" = 'ready'`;

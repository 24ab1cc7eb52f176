import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GET as getMedia } from "@/app/api/v1/collections/[slug]/media/route";
import { POST as postUpload } from "@/app/api/v1/collections/[slug]/uploads/route";
import { GET as getVariant } from "@/app/api/v1/media/[id]/[variant]/route";
import { POST as postComplete } from "@/app/api/v1/uploads/[id]/complete/route";
import { DELETE as deleteFile } from "@/app/api/v1/uploads/[id]/files/[fileId]/route";
import { DELETE as deleteFiles, PATCH as patchFiles, POST as postFiles } from "@/app/api/v1/uploads/[id]/files/route";
import { GET as getReceipt } from "@/app/api/v1/uploads/[id]/receipt/route";
import { GET as getUpload } from "@/app/api/v1/uploads/[id]/route";
import type { UserViewer } from "@/lib/auth/viewer";
import { createCollection, updateCollection } from "@/lib/collection/commands";
import { collectionBySlug } from "@/lib/collection/queries";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { openUpload } from "@/lib/upload/commands";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { sessionCookie } from "@/tests/support/fixtures/people";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

/** What the database refuses: PostgreSQL's error for each would be an error of the site. */
const malformed = ["nul\0", "\0", "\ud800", "low\udc00"];
const fileId = "00000000-0000-4000-8000-000000000000";

let owner: UserViewer;
let slug: string;
let id: string;
let headers: Record<string, string>;
beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
  id = (await openUpload(owner, { collectionSlug: slug })).id;
  const cookie = Object.entries(await sessionCookie(owner)).map(([name, value]) => `${name}=${value}`);
  headers = { origin: "http://localhost:3000", cookie: cookie.join("; "), "content-type": "application/json" };
});

type Route = (request: Request, context: { params: Promise<never> }) => Promise<Response>;

/** Calls a route with these parameters of its path. JSON and query carry lone surrogates as escapes, as a program may send. */
async function statusOf(
  handler: unknown,
  params: object,
  { body, query = "" }: { body?: unknown; query?: string } = {},
) {
  const request = new Request(`http://localhost:3000/api/v1/x${query}`, {
    headers,
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  return (await (handler as Route)(request, { params: Promise.resolve(params) as Promise<never> })).status;
}

describe.each(malformed)("text that the database cannot store, %j", (text) => {
  it("is 422 in every field of a body", async () => {
    const file = { path: "a.jpg", size: 1 };
    const calls: [handler: unknown, params: object, bodies: unknown[]][] = [
      [
        postUpload,
        { slug },
        [{ label: text }, { metadata: { [text]: "v" } }, { metadata: { key: text } }, { conflict: text }],
      ],
      [
        postFiles,
        { id },
        [{ path: text }, { type: text }, { sha256: text }, { sentAs: text }].map((bad) => ({
          files: [{ ...file, ...bad }],
        })),
      ],
      [patchFiles, { id }, [{ files: [{ ...file, path: text }] }, { files: [{ ...file, type: text }] }]],
      [deleteFiles, { id }, [{ paths: [text] }]],
      [
        postComplete,
        { id },
        [
          { fileId: text, parts: [] },
          { fileId, parts: [{ n: 1, etag: text }] },
        ],
      ],
    ];
    for (const [handler, params, bodies] of calls)
      for (const body of bodies) expect(await statusOf(handler, params, { body }), JSON.stringify(body)).toBe(422);
  });

  it("is 404 in a path, and 422 in a query", async () => {
    expect(await statusOf(getMedia, { slug: text })).toBe(404);
    expect(await statusOf(postUpload, { slug: text }, { body: {} })).toBe(404);
    for (const handler of [getUpload, getReceipt]) expect(await statusOf(handler, { id: text })).toBe(404);
    expect(await statusOf(getVariant, { id: text, variant: "thumb" })).toBe(404);
    expect(await statusOf(getVariant, { id: fileId, variant: text })).toBe(404);
    expect(await statusOf(deleteFile, { id, fileId: text })).toBe(404);
    expect(await statusOf(postFiles, { id: text }, { body: { files: [{ path: "a", size: 1 }] } })).toBe(404);
    const query = encodeURIComponent(text.toWellFormed());
    for (const name of ["cursor", "limit", "ids"])
      expect(await statusOf(getMedia, { slug }, { query: `?${name}=${query}` }), name).toBe(422);
    expect(await statusOf(getReceipt, { id }, { query: `?format=${query}` })).toBe(422);
  });

  it("is no collection", async () => {
    await expect(collectionBySlug(owner, text)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(updateCollection(owner, text, { name: "Reef" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

it("well-formed text that looks like an attack is stored as it is", async () => {
  for (const text of ["'; DROP TABLE media; --", "%s%n", "<script>", `\${filename}`, "\\u0000", "null", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢"]) {
    const { slug: made } = await createCollection(owner, { name: text, description: text, visibility: "private" });
    expect(await collectionBySlug(owner, made)).toMatchObject({ name: text, description: text });
    expect(await statusOf(postUpload, { slug }, { body: { label: text, metadata: { [text]: text } } })).toBe(201);
  }
});

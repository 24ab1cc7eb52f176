import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { recordDerivation } from "@/lib/media/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { completeFile, signParts } from "@/lib/upload/part/commands";
import { uploadStatus } from "@/lib/upload/queries";
import { hex } from "@/tests/support/checksums";
import { testCollection, testMember, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { opened, post, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

// A sender's checksum is a claim: it may save that sender work, and must not cost another person a file.

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;
let slug: string;
beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
});

/** Uploads one file in parts under this claim of its SHA-256. */
async function dropLarge(viewer: UserViewer, path: string, bytes: Buffer, sha256: string): Promise<string[]> {
  const upload = await opened(viewer, slug);
  const [answer] = await registerFiles(viewer, upload.id, [{ path, size: bytes.length, sha256, modifiedAt: 1 }]);
  expect(answer?.status).toBe("multipart");
  const { fileId = "", partSize = 0, partCount = 0 } = answer?.multipart ?? {};
  const parts = Array.from({ length: partCount }, (_, index) => index + 1);
  const { urls } = await signParts(viewer, upload.id, { fileId, parts });
  for (const n of parts) {
    const body = new Uint8Array(bytes.subarray((n - 1) * partSize, n * partSize));
    expect((await fetch(urls[String(n)] ?? "", { method: "PUT", body })).status).toBe(200);
  }
  await completeFile(viewer, upload.id, { fileId, parts: [] });
  return verified(viewer, upload);
}

it("other bytes sent under a false checksum do not keep the true ones out", async () => {
  const bytes = randomBytes(17 * 1024 * 1024);
  const sha256 = hex("sha256", bytes);
  // A person each: a sender's own claim saves sending.
  const contributor = () => testMember(slug, "contributor");
  // Who may replace the file of another person.
  const editor = () => testMember(slug, "editor");
  await dropLarge(await contributor(), "pending.tif", randomBytes(bytes.length), sha256);
  expect(await dropLarge(await editor(), "pending.tif", bytes, sha256)).toHaveLength(1);
  // Too large to be read, a false word is never found out.
  const [forged = ""] = await dropLarge(await contributor(), "kept.tif", randomBytes(bytes.length), sha256);
  await recordDerivation(system, forged, { state: "kept", contentType: "image/tiff" });
  expect(await dropLarge(await editor(), "kept.tif", bytes, sha256)).toHaveLength(1);
});

it("bytes that differ from their claimed checksum are not reused, at their path and at others", async () => {
  const claim = { size: 3, sha256: hex("sha256", "two") };
  const first = await opened(owner, slug);
  await registerFiles(owner, first.id, [{ path: "lied", ...claim }]);
  await post(first, "lied", "one");
  const [id = ""] = await verified(owner, first);
  const second = await opened(owner, slug);
  const answers = await registerFiles(owner, second.id, [
    { path: "lied", ...claim },
    { path: "copied", ...claim },
  ]);
  expect(answers.map(({ status }) => status)).toEqual(["present", "present"]);
  await recordDerivation(system, id, { state: "kept", contentType: "text/plain", sha256: hex("sha256", "one") });
  await verified(owner, second);
  const { files, rejected } = await uploadStatus(owner, second.id);
  expect(files).toMatchObject({ verified: 0, rejected: 2 });
  expect(rejected.map(({ path }) => path).sort()).toEqual(["copied", "lied"]);
  expect(rejected[0]?.reason).toMatch(/never arrived/);
});

it("a copy within the storage replaces what the file left at its path before it changed", async () => {
  const source = await opened(owner, slug);
  await registerFiles(owner, source.id, [{ path: "source", size: 5, sha256: hex("sha256", "after") }]);
  await post(source, "source", "after");
  await verified(owner, source);
  const upload = await opened(owner, slug);
  await registerFiles(owner, upload.id, [{ path: "changed", size: 5, md5: hex("md5", "befor"), modifiedAt: 1 }]);
  await post(upload, "changed", "befor");
  const known = { sha256: hex("sha256", "after"), md5: hex("md5", "after") };
  const [answer] = await registerFiles(owner, upload.id, [{ path: "changed", size: 5, ...known, modifiedAt: 2 }]);
  expect(answer?.status).toBe("present");
  await verified(owner, upload);
  expect((await uploadStatus(owner, upload.id)).rejected).toEqual([]);
  const revision = await db().revision.findFirstOrThrow({ where: { uploadId: upload.id } });
  expect(revision.md5).toBe(hex("md5", "after"));
});

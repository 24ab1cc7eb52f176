import { execFileSync } from "node:child_process";
import { createHash, createPublicKey, verify } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { GET as getKey } from "@/app/api/v1/receipt-key/route";
import { GET } from "@/app/api/v1/uploads/[id]/receipt/route";
import { mintAnonymousViewer, type UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { recordDerivation, trashMedia } from "@/lib/media/commands";
import { openUpload } from "@/lib/upload/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { receiptKey, uploadReceipt } from "@/lib/upload/receipt/queries";
import type { ReceiptFormat } from "@/lib/upload/receipt/schema";
import { filesInput, type OpenedUpload } from "@/lib/upload/schema";
import { validateBag } from "@/tests/support/bagit";
import { hex } from "@/tests/support/checksums";
import { testCollection, testMember, testUser } from "@/tests/support/fixtures/collections";
import { sessionCookie, system } from "@/tests/support/fixtures/people";
import { opened, post, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();
const dir = mkdtempSync(path.join(tmpdir(), "atoll-receipt-"));
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await stopQueue();
});

const files: Record<string, string> = {
  "a.txt": "one",
  "folder/ü b.txt": "two",
  ["Amélie.txt".normalize("NFC")]: "three",
  "100%.txt": "four",
};
/** As a Mac names its files: "e" and the accent. */
const onDisk = (name: string) => (name.startsWith("Am") ? name.normalize("NFD") : name);
const sentAs = (name: string) => (onDisk(name) === name ? {} : { sentAs: onDisk(name) });

let owner: UserViewer;
let slug: string;
let upload: OpenedUpload;

async function dropRegistered(sent: Record<string, string>, also: string[] = []): Promise<OpenedUpload> {
  const upload = await opened(owner, slug, {}, { label: "Site 3 “north”" });
  await registerFiles(owner, upload.id, [
    ...Object.entries(sent).map(([name, body]) => {
      return { path: name, ...sentAs(name), size: body.length, sha256: hex("sha256", body) };
    }),
    ...also.map((name) => ({ path: name, size: 7 })),
  ]);
  for (const [name, body] of Object.entries(sent)) await post(upload, name, body);
  await verified(owner, upload);
  return upload;
}

beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
  upload = await dropRegistered(files, ["never.txt"]);
});

async function receipt(format: ReceiptFormat, id = upload.id): Promise<Buffer> {
  const { body } = await uploadReceipt(owner, id, format);
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** As docs/receipts.md says it is done. */
async function isSigned(document: Buffer): Promise<boolean> {
  const signed = document.subarray(0, document.lastIndexOf('"signature":'));
  const { signature } = JSON.parse(document.toString());
  const key = createPublicKey(await receiptKey(mintAnonymousViewer()));
  return verify(null, createHash("sha256").update(signed).digest(), key, Buffer.from(signature.value, "base64"));
}

describe("the receipt", () => {
  it("lists every file that is stored and every one that is not, and is signed", async () => {
    const document = await receipt("json");
    const { receipt: head, files: stored, notStored, totals, signature } = JSON.parse(document.toString());
    expect(head).toMatchObject({ version: 1, upload: { id: upload.id, collection: slug, label: "Site 3 “north”" } });
    const media = await db().media.findMany({ where: { collection: { slug } }, include: { currentRevision: true } });
    const byPath = new Map(media.map((row) => [row.path, row]));
    expect(stored.map(({ path: name }: { path: string }) => name).toSorted()).toEqual(Object.keys(files).toSorted());
    for (const file of stored) {
      const body = files[file.path] ?? "";
      expect(file).toEqual({
        path: file.path,
        ...sentAs(file.path),
        size: body.length,
        sha256: hex("sha256", body),
        sha256By: "sender",
        md5: hex("md5", body),
        versionId: byPath.get(file.path)?.currentRevision?.versionId,
        mediaId: byPath.get(file.path)?.id,
      });
    }
    expect(notStored).toMatchObject([{ path: "never.txt", size: 7, reason: expect.stringContaining("never arrived") }]);
    expect(totals).toEqual({ files: 4, bytes: 15, notStored: 1 });
    expect(signature).toMatchObject({ algorithm: "Ed25519", publicKey: await receiptKey(mintAnonymousViewer()) });
    expect(await isSigned(document)).toBe(true);
  });

  it("is invalid once a byte of it is changed", async () => {
    const document = await receipt("json");
    const forged = Buffer.from(document.toString().replace('"size":3', '"size":4'));
    expect(forged.equals(document)).toBe(false);
    expect(await isSigned(forged)).toBe(false);
  });

  it("is checked by the commands of its manual", async () => {
    const document = await receipt("json");
    writeFileSync(path.join(dir, "receipt.json"), document);
    writeFileSync(path.join(dir, "key.pem"), await receiptKey(mintAnonymousViewer()));
    const manual = readFileSync(path.resolve(import.meta.dirname, "../../../docs/receipts.md"), "utf8");
    const commands = manual.match(/^ {4}(?!curl).*$/gm)?.join("\n") ?? "";
    expect(execFileSync("sh", ["-ec", commands], { cwd: dir, encoding: "utf8" })).toMatch(/Verified Successfully/);
  });

  it("marks bytes that were there before as unchanged, and checksums that the site has computed", async () => {
    for (const { id, sha256 } of await db().revision.findMany({ where: { uploadId: upload.id } })) {
      await recordDerivation(system, id, { state: "kept", contentType: "text/plain", ...(sha256 ? { sha256 } : {}) });
    }
    const again = await dropRegistered({ "a.txt": "one" });
    const document = await receipt("json", again.id);
    expect(JSON.parse(document.toString()).files).toMatchObject([{ path: "a.txt", sha256By: "site", unchanged: true }]);
    expect(await isSigned(document)).toBe(true);
  });

  it("states the problem that deriving found in a file", async () => {
    const spoiled = await dropRegistered({ "spoiled.txt": "as sent" });
    const { id } = await db().revision.findFirstOrThrow({ where: { uploadId: spoiled.id } });
    const reason = "The stored bytes differ from what was verified. Upload the file again.";
    await recordDerivation(system, id, { state: "rejected", contentType: null, reason });
    const document = await receipt("json", spoiled.id);
    expect(JSON.parse(document.toString()).files).toMatchObject([{ path: "spoiled.txt", problem: reason }]);
    expect((await receipt("sha256sums", spoiled.id)).toString()).toContain(`# spoiled.txt: ${reason}\n`);
    expect(JSON.parse((await receipt("json")).toString()).files[0]).not.toHaveProperty("problem");
  });

  it("lists each of 1,001 files once", async () => {
    const many = await openUpload(owner, { collectionSlug: slug });
    await db().$executeRaw`
      WITH made AS (
        INSERT INTO "media" ("collection_id", "path", "taken_at", "updated_at")
        SELECT c."id", 'many/' || n, now(), now() FROM "collection" c, generate_series(1, 1001) n WHERE c."slug" = ${slug}
        RETURNING "id", "path"
      )
      INSERT INTO "revision" ("media_id", "upload_id", "number", "key", "version_id", "size_bytes", "etag")
      SELECT "id", ${many.id}::uuid, 1, ${many.prefix} || "path", 'v', 1, 'e' FROM made`;
    const ended = { state: "verified", sealedAt: new Date(), endedAt: new Date() } as const;
    await db().upload.update({ where: { id: many.id }, data: ended });
    const { files: stored, totals } = JSON.parse((await receipt("json", many.id)).toString());
    expect(new Set(stored.map(({ path: name }: { path: string }) => name)).size).toBe(1_001);
    expect(totals).toEqual({ files: 1_001, bytes: 1_001, notStored: 0 });
    await expect(uploadReceipt(owner, many.id, "bagit")).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await receipt("sha256sums", many.id)).toString().split("\n")[1]).toMatch(/^# no SHA-256 yet: many\//);
  });
});

describe("the other formats", () => {
  /** Checks SHA256SUMS as its reader does, in a folder of these files. Returns how many are as listed. */
  function checkedBySha256sum(sums: Buffer, content: Record<string, string>): number {
    const folder = mkdtempSync(path.join(dir, "sums-"));
    writeFileSync(path.join(folder, "SHA256SUMS"), sums);
    for (const [name, body] of Object.entries(content)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), body);
    }
    const check = "sha256sum --check --strict SHA256SUMS";
    return execFileSync("sh", ["-c", check], { cwd: folder, encoding: "utf8" }).match(/: OK$/gm)?.length ?? 0;
  }

  async function openedBag(id: string): Promise<string> {
    writeFileSync(path.join(dir, "bag.tar"), await receipt("bagit", id));
    execFileSync("tar", ["-xf", "bag.tar"], { cwd: dir });
    return path.join(dir, `atoll-${id}`);
  }

  it("SHA256SUMS is accepted by sha256sum in the folder that was sent, whatever the form of its names", async () => {
    const sent = Object.entries(files).map(([name, body]) => [onDisk(name), body] as const);
    expect(sent.some(([name]) => name !== name.normalize("NFC"))).toBe(true);
    expect(checkedBySha256sum(await receipt("sha256sums"), Object.fromEntries(sent))).toBe(4);
    // Sent again, the upload adds no revision, and the names are those of this upload.
    const again = await dropRegistered(files);
    expect(checkedBySha256sum(await receipt("sha256sums", again.id), Object.fromEntries(sent))).toBe(4);
  });

  it("the bag is a valid one, with the names that were sent", async () => {
    const bag = await openedBag(upload.id);
    expect(await validateBag(bag)).toEqual([]);
    execFileSync("sh", ["-c", "sha256sum --check --strict tagmanifest-sha256.txt"], { cwd: bag });
    const sums = readFileSync(path.join(bag, "manifest-sha256.txt"), "utf8");
    expect(sums).toContain(`${hex("sha256", "four")}  data/100%25.txt\n`);
    expect(sums).toContain(`${hex("sha256", "three")}  data/${"Amélie.txt".normalize("NFD")}\n`);
  });

  it("names from before a rule for paths are escaped as sha256sum and RFC 8493 want", async () => {
    const old = { "back\\slash.txt": "one", "new\nline.txt": "two", "return\r.txt": "three", "100%0A.txt": "four" };
    const before = Object.entries(old).map(([name, body], index) => ({ name, body, sent: `old-${index}.txt` }));
    const sent = await dropRegistered(Object.fromEntries(before.map(({ sent, body }) => [sent, body])));
    for (const { name, sent } of before) await db().media.updateMany({ where: { path: sent }, data: { path: name } });
    expect(checkedBySha256sum(await receipt("sha256sums", sent.id), old)).toBe(4);
    const bag = await openedBag(sent.id);
    expect(await validateBag(bag)).toEqual([]);
    for (const [name, body] of Object.entries(old))
      expect(readFileSync(path.join(bag, "data", name), "utf8")).toBe(body);
  });

  it("a name in another form must be the same name", async () => {
    const other = { path: "Amélie.txt".normalize("NFC"), sentAs: "Amelie.txt", size: 1 };
    expect(filesInput.safeParse({ files: [other] }).error?.issues[0]?.path).toEqual(["files", 0, "sentAs"]);
  });

  it("the bag begins after one pass over the files", async () => {
    const asked = vi.spyOn(db(), "$queryRawUnsafe");
    const { body } = await uploadReceipt(owner, upload.id, "bagit");
    await body.next();
    // What the upload made, and what was there already.
    expect(asked).toHaveBeenCalledTimes(2);
    asked.mockRestore();
  });

  it("the bag has no link to files in the trash", async () => {
    const one = await dropRegistered({ "trashed.txt": "trash", "kept.txt": "kept" });
    const media = await db().media.findFirstOrThrow({ where: { path: "trashed.txt" } });
    await trashMedia(owner, media.id);
    const bag = (await receipt("bagit", one.id)).toString();
    expect(bag).toContain("kept.txt");
    expect(bag).not.toContain("trashed.txt");
  });
});

describe("over HTTP", () => {
  const ask = async (query: string, viewer: UserViewer, id = upload.id) => {
    const cookie = Object.entries(await sessionCookie(viewer)).map(([name, value]) => `${name}=${value}`);
    const request = new Request(`http://localhost:3000/api/v1/uploads/${id}/receipt${query}`, {
      headers: { cookie: cookie.join("; ") },
    });
    return GET(request, { params: Promise.resolve({ id }) });
  };

  it("is a complete download", async () => {
    const response = await ask("", owner);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-disposition")).toBe(`attachment; filename="atoll-${upload.id}.json"`);
    const document = Buffer.from(await response.arrayBuffer());
    expect(await isSigned(document)).toBe(true);
    expect((await ask("?format=bagit", owner)).headers.get("content-type")).toBe("application/x-tar");
  });

  it("is refused for an unknown format, to viewers who may not see the upload, and before it is verified", async () => {
    expect((await ask("?format=zip", owner)).status).toBe(422);
    expect((await ask("", await testMember(slug, "viewer"))).status).toBe(404);
    expect((await ask("", owner, "not-an-id")).status).toBe(404);
    expect((await ask("", owner, (await openUpload(owner, { collectionSlug: slug })).id)).status).toBe(409);
    expect((await ask("", await testMember(slug, "editor"))).status).toBe(200);
  });

  it("shows its key to every viewer", async () => {
    const response = await getKey(new Request("http://localhost:3000/api/v1/receipt-key"));
    expect(await response.text()).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  });
});

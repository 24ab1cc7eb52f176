import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { abortUpload, openUpload, renewPolicy, sealUpload } from "@/lib/upload/commands";
import { cancelFiles, registerFiles } from "@/lib/upload/file/commands";
import { completeFile, signParts } from "@/lib/upload/part/commands";
import { uploadStatus } from "@/lib/upload/queries";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { createUploader } from "@/lib/uploader/engine";
import { crc64nvmeOf, digestsOf, hashHere } from "@/lib/uploader/hash/hashing";
import type { UploadServer } from "@/lib/uploader/transport/server";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { ManualClock } from "../../unit/uploader/world/manual-clock";
import { inBatches, large, type SourceFile, sourceFile, tree } from "./bench";
import { Trouble } from "./trouble";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;
beforeAll(async () => {
  owner = await testUser("Owner");
});

/** The site's own commands, without HTTP in between; a worker that verifies what is sealed at once. */
function siteFor(collectionSlug: string): UploadServer {
  return {
    open: (request) => openUpload(owner, { collectionSlug, ...request }),
    async resume(uploadId) {
      const policy = await renewPolicy(owner, uploadId);
      const prefix = (policy.fields.key ?? "").replace(/\$\{filename\}$/, "");
      return { prefix, policy, status: await uploadStatus(owner, uploadId) };
    },
    renewPolicy: (uploadId) => renewPolicy(owner, uploadId),
    files: (uploadId, files) => registerFiles(owner, uploadId, [...files]),
    parts: (uploadId, input) => signParts(owner, uploadId, input),
    complete: (uploadId, input) => completeFile(owner, uploadId, input),
    cancel: (uploadId, paths) => cancelFiles(owner, uploadId, [...paths]),
    async seal(uploadId) {
      await sealUpload(owner, uploadId);
      await verifyUpload(system, uploadId, async () => undefined);
    },
    abort: (uploadId) => abortUpload(owner, uploadId),
    status: (uploadId) => uploadStatus(owner, uploadId),
  };
}

class Visit {
  readonly clock = new ManualClock();
  readonly trouble: Trouble;
  readonly uploader;
  /** Called when the storage has a file, before the uploader hears of it. */
  arrived: ((key: string) => void) | null = null;

  constructor(slug: string, every = 1_000_000) {
    this.trouble = new Trouble(every);
    this.uploader = createUploader({
      server: siteFor(slug),
      transport: async (request) => {
        const outcome = await this.trouble.post(request);
        this.arrived?.(request.key);
        return outcome;
      },
      partTransport: this.trouble.put,
      hasher: hashHere,
      clock: this.clock,
      random: () => 0.5,
      gatherMs: 0,
    });
  }

  get state() {
    return this.uploader.getSnapshot();
  }

  add(files: SourceFile[]): Promise<void> {
    return this.uploader.add(inBatches(files));
  }

  until(reached: () => boolean): Promise<void> {
    return expect
      .poll(
        () => {
          this.clock.advance(500);
          return reached() || (this.state.halted ?? this.state.counts);
        },
        { interval: 5 },
      )
      .toBe(true);
  }
}

/** Path, size, checksums of what a collection has. */
async function revisionsOf(slug: string) {
  const where = { media: { collection: { slug }, deletedAt: null } };
  const select = { sizeBytes: true, sha256: true, md5: true, crc64nvme: true, number: true, media: true };
  const list = await db().revision.findMany({ where, select });
  return new Map(list.map((revision) => [revision.media.path, revision]));
}

describe("an upload to the site", () => {
  it("is verified through all troubles: every file once, every checksum the file's own", async () => {
    const slug = await testCollection(owner);
    const visit = new Visit(slug, 5);
    const files = [...tree(150), large("a.bin", 34), large("b.bin", 17), ...tree(40).map(inside)];
    await visit.add(files);
    await visit.until(() => visit.state.phase === "done");
    expect(visit.state.status).toMatchObject({ state: "verified", files: { total: 192, verified: 192, rejected: 0 } });
    const there = await revisionsOf(slug);
    expect([...there.keys()].sort()).toEqual(files.map(({ path }) => path).sort());
    for (const { path, source } of files) {
      const revision = there.get(path);
      expect(Number(revision?.sizeBytes), path).toBe(source.file.size);
      if (source.file.size > 1_000_000) expect(revision?.crc64nvme).toBe(await crc64nvmeOf(source.file));
      else expect(revision?.sha256, path).toBe((await digestsOf(source.file, { md5: false })).sha256);
    }
  });

  it("sends nothing of what the collection has, neither at the same path nor at another one", async () => {
    const slug = await testCollection(owner);
    // Of sizes that no other collection here has.
    const files = Array.from({ length: 60 }, (_, index) => sourceFile(`trip/${index}`, "x".repeat(1_000 + index)));
    const first = new Visit(slug);
    await first.add(files);
    await first.until(() => first.state.phase === "done");
    const second = new Visit(slug);
    await second.add([...files, ...files.slice(0, 10).map(inside)]);
    await second.until(() => second.state.phase === "done");
    expect(second.trouble.requests).toBe(0);
    expect(second.state.counts).toMatchObject({ present: 70, done: 0 });
    const there = await revisionsOf(slug);
    expect(there.size).toBe(70);
    expect([...there.values()].every(({ number }) => number === 1)).toBe(true);
  });

  it("misses nothing that was skipped, canceled (and had arrived) or sent under another name", async () => {
    const slug = await testCollection(owner);
    const first = new Visit(slug);
    await first.add([sourceFile("a", "old"), sourceFile("b", "old")]);
    await first.until(() => first.state.phase === "done");
    for (const [choice, made] of [
      ["skip", ["c"]],
      ["both", ["a (2)", "b (2)", "c (2)"]],
    ] as const) {
      const visit = new Visit(slug);
      visit.uploader.chooseConflict(choice);
      visit.arrived = (key) => key.endsWith("/canceled") && visit.uploader.cancelFile(0);
      await visit.add([
        sourceFile("canceled", choice),
        sourceFile("a", `new ${choice}`),
        sourceFile("b", choice),
        sourceFile("c", choice),
      ]);
      await visit.until(() => visit.state.phase === "done");
      expect(visit.state.counts).toMatchObject({ done: made.length, canceled: 1 });
      expect(visit.state.status).toMatchObject({ files: { verified: made.length, rejected: 0 }, rejected: [] });
    }
    expect([...(await revisionsOf(slug)).keys()].sort()).toEqual(["a", "a (2)", "b", "b (2)", "c", "c (2)"]);
  });

  it("resumes elsewhere with what is missing", async () => {
    const slug = await testCollection(owner);
    const files = [large("a.bin", 50), ...tree(60)];
    const first = new Visit(slug);
    await first.add(files);
    await first.until(() => first.state.counts.done >= 20 && first.state.bytes.sent > 30_000_000);
    const uploadId = first.state.upload?.id ?? "";
    first.uploader.dispose();
    const second = new Visit(slug);
    second.uploader.resume(uploadId);
    await second.until(() => second.state.phase === "uploading");
    await second.add(files);
    await second.until(() => second.state.phase === "done");
    expect(second.state.status).toMatchObject({ files: { verified: 61, rejected: 0 } });
    expect(second.state.bytes.kept).toBeGreaterThan(16_000_000);
    const there = await revisionsOf(slug);
    for (const { path, source } of files) {
      if (source.file.size > 1_000_000) expect(there.get(path)?.crc64nvme).toBe(await crc64nvmeOf(source.file));
    }
  });
});

function inside({ path, source }: SourceFile): SourceFile {
  return { path: `inside/${path}`, source };
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formNumber } from "@/tests/support/forms.mjs";
import { signedRaw } from "../conformance/signed-request";
import { StoreProcess } from "../durability/store-process";
import { field } from "../xml";
import { check, open, upload } from "./transfer";

const MIB = 1024 * 1024;
/** `ATOLL_TEST_LARGE_OBJECT_BYTES=5368709120` is the largest single PUT; memory must not depend on it. */
const sizeBytes = formNumber("ATOLL_TEST_LARGE_OBJECT_BYTES");
/**
 * What is asserted is VmHWM, the most that was ever resident, with everything in it: Node's own pages, tsx, which the
 * store is run by here as it is by `atoll s3`, those of the database's file, which is small here, and buffers that the
 * garbage collector has not freed yet: on a busy machine, whose other cores should do that, it gets to them late. 95 MB are
 * there from the start; a body kept in memory would add all of it, 200 MB.
 */
const MOST_BYTES = 200e6;
/** For eight transfers at once: each has a few buffers of its own. Bodies kept in memory would add 144 MiB at least. */
const MOST_FOR_EIGHT_BYTES = 230e6;
const timeout = 60_000 + sizeBytes / 10_000;

const isLinux = process.platform === "linux";
if (!isLinux) console.error("Skipping the memory of the S3 store: it is read from /proc, which is Linux's.");

describe.skipIf(!isLinux)("the store's memory", () => {
  let dataDir: string;
  let store: StoreProcess;
  let endpoint: string;
  let atStart: number;

  async function start(slowWritesMs?: number): Promise<void> {
    store = new StoreProcess();
    endpoint = await store.start(dataDir, undefined, slowWritesMs);
    atStart = store.memory.peakBytes;
    expect((await signedRaw("PUT", `${endpoint}/big`)).status).toBe(200);
  }
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "embedded-s3-memory-"));
  });
  afterEach(async () => {
    await store.kill();
    await rm(dataDir, { recursive: true, force: true });
  });

  function expectLittle(what: string, mostBytes: number): void {
    const { peakBytes } = store.memory;
    const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
    console.log(`${what}: VmHWM ${megabytes(peakBytes)}, after the start ${megabytes(atStart)}`);
    expect(peakBytes).toBeLessThanOrEqual(mostBytes);
  }

  it(
    `stays small for an object of ${sizeBytes / 1e9} GB, up and down`,
    async () => {
      await start();
      expect(await upload(`${endpoint}/big/one`, 0, sizeBytes)).toMatchObject({ status: 200 });
      const found = await check(await open(`${endpoint}/big/one`));
      expect(found).toMatchObject({ receivedBytes: sizeBytes, firstDifference: undefined });
      expectLittle(`${sizeBytes / 1e9} GB in one PUT`, MOST_BYTES);
    },
    timeout,
  );

  it("stays small for large parts that come together, copied ones among them", async () => {
    await start();
    const key = `${endpoint}/big/parts`;
    const uploadId = field((await signedRaw("POST", `${key}?uploads=`)).text, "UploadId");
    const partBytes = 36 * MIB;
    const address = (number: number) => `${key}?partNumber=${number}&uploadId=${uploadId}`;
    const sent = [0, 1, 2, 3].map((i) => upload(address(i + 1), i * partBytes, (i + 1) * partBytes));
    const etags = (await Promise.all(sent)).map(({ etag }) => etag);
    const complete = async () => {
      const parts = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
      const body = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
      return signedRaw("POST", `${key}?uploadId=${uploadId}`, { body });
    };
    expect((await complete()).status).toBe(200);
    const found = await Promise.all([0, 1].map(async () => check(await open(key))));
    for (const one of found) expect(one).toMatchObject({ receivedBytes: 4 * partBytes, firstDifference: undefined });
    const other = `${endpoint}/big/copied`;
    const otherId = field((await signedRaw("POST", `${other}?uploads=`)).text, "UploadId");
    const copies = [1, 2].map((number) =>
      signedRaw("PUT", `${other}?partNumber=${number}&uploadId=${otherId}`, {
        headers: { "x-amz-copy-source": "big/parts" },
      }),
    );
    expect((await Promise.all(copies)).map(({ status }) => status)).toEqual([200, 200]);
    expectLittle("4 parts at once, 2 downloads, 2 copies", MOST_FOR_EIGHT_BYTES);
  });

  it("stays small while readers do not read on", async () => {
    await start();
    const bytes = 48 * MIB;
    expect(await upload(`${endpoint}/big/slow`, 0, bytes)).toMatchObject({ status: 200 });
    const waiting = await Promise.all(Array.from({ length: 8 }, () => open(`${endpoint}/big/slow`)));
    const meanwhile = await check(await open(`${endpoint}/big/slow`));
    expect(meanwhile).toMatchObject({ receivedBytes: bytes, firstDifference: undefined });
    expectLittle("8 readers that wait", MOST_FOR_EIGHT_BYTES);
    for (const found of await Promise.all(waiting.slice(0, 2).map(check)))
      expect(found).toMatchObject({ receivedBytes: bytes, firstDifference: undefined });
    for (const answer of waiting) answer.destroy();
  });

  it("stays small when the disk is slower than those who send", async () => {
    await start(15); // half a mebibyte each: 35 MB/s
    const bytes = 20 * MIB;
    const sent = await Promise.all(
      Array.from({ length: 8 }, (_, i) => upload(`${endpoint}/big/to-slow-disk-${i}`, 0, bytes)),
    );
    expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 200));
    expectLittle("8 uploads to a slow disk", MOST_FOR_EIGHT_BYTES);
  });
});

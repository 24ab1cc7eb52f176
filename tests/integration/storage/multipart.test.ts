import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { beforeAll, describe, expect, it } from "vitest";
import { applyBucket } from "@/lib/infra/apply";
import { mediaBucket } from "@/lib/infra/settings";
import type { Storage } from "@/lib/storage/client";
import { copyObject } from "@/lib/storage/objects/copy";
import { abortMultipart, deleteVersions } from "@/lib/storage/objects/deletion";
import { latestVersions, listObjectVersions, versionsOf } from "@/lib/storage/objects/list";
import {
  completeMultipart,
  createMultipart,
  listMultiparts,
  listParts,
  type Multipart,
  type PartRequest,
  presignParts,
} from "@/lib/storage/objects/multipart";
import { getObject, headObject, putObject } from "@/lib/storage/objects/objects";
import { crc64nvme } from "@/tests/support/checksums";
import { permitFor } from "@/tests/support/fixtures/permit";
import { endpoint } from "./endpoint";

const MIB = 1024 * 1024;
/** The minimum size of all parts but the last. */
const partBytes = 5 * MIB;
const site = "http://localhost:3000";

const partsOf = (bytes: Buffer) =>
  Array.from({ length: Math.ceil(bytes.length / partBytes) }, (_, index) =>
    bytes.subarray(index * partBytes, (index + 1) * partBytes),
  );

describe(`multiparts on ${endpoint.name}`, () => {
  const bytes = randomBytes(2 * partBytes + 7);
  const sizeBytes = bytes.length;
  let store: Storage;

  beforeAll(async () => {
    store = endpoint.storage("multipart-test");
    await applyBucket(permitFor(store), store, mediaBucket({ bucket: store.bucket, origins: [site], secure: false }));
  });

  async function put(url: string, body: Buffer, headers: Record<string, string> = {}) {
    const response = await fetch(url, { method: "PUT", body: new Uint8Array(body), headers });
    return { status: response.status, etag: response.headers.get("etag")?.replaceAll('"', "") ?? "", response };
  }

  async function sendParts(multipart: Multipart, parts: PartRequest[]) {
    const { urls } = await presignParts(permitFor(store), { ...multipart, parts, ttlSeconds: 60 }, store);
    const sent: { number: number; etag: string }[] = [];
    for (const [index, { number, crc64nvme: crc }] of parts.entries()) {
      const headers = crc === undefined ? {} : { "x-amz-checksum-crc64nvme": crc };
      const { status, etag } = await put(urls[index] ?? "", partsOf(bytes)[number - 1] ?? Buffer.alloc(0), headers);
      expect(status).toBe(200);
      sent.push({ number, etag });
    }
    return sent;
  }

  async function begun(key: string): Promise<Multipart> {
    return { key, s3UploadId: await createMultipart(permitFor(store), { key, contentType: "video/mp4" }, store) };
  }

  /** A part as it is requested: with its length. */
  const part = (number: number): PartRequest => ({ number, sizeBytes: partsOf(bytes)[number - 1]?.length ?? 0 });
  const all = [1, 2, 3].map(part);

  it("accepts parts by signed URLs and completes them idempotently", async () => {
    const multipart = await begun("media/c/u/ä b/film (1).mov");
    const parts = await sendParts(multipart, all);
    expect(await listParts(multipart, store, 1)).toEqual(
      parts.map((part) => ({ ...part, sizeBytes: partsOf(bytes)[part.number - 1]?.length })),
    );
    const whole = { ...multipart, sizeBytes, parts, crc64nvme: crc64nvme(bytes) };
    const first = await completeMultipart(permitFor(store), whole, store);
    expect(first).toMatchObject({ state: "done", object: { sizeBytes, etag: expect.stringMatching(/-3$/) } });
    if (first.state === "done") expect(first.object.crc64nvme).toBe(endpoint.ceph ? null : crc64nvme(bytes));
    expect(await completeMultipart(permitFor(store), whole, store)).toEqual(first);
    expect(await listParts(multipart, store)).toBeNull();
    const { body } = await getObject({ key: multipart.key }, store);
    expect(Buffer.compare(await buffer(body), bytes)).toBe(0);
    await abortMultipart(permitFor(store), multipart, store);
  });

  it("tells the kinds of failure apart", async () => {
    const multipart = await begun("media/c/u/fails");
    const parts = await sendParts(multipart, all.slice(0, 2));
    const whole = { ...multipart, sizeBytes, parts: [...parts, { number: 3, etag: "0".repeat(32) }] };
    expect(await completeMultipart(permitFor(store), whole, store)).toEqual({ state: "parts" });
    // On Ceph 16 a failed completion stays "in progress" for ten minutes.
    if (endpoint.ceph) return;
    const wrong = parts.map((part) => ({ ...part, etag: "0".repeat(32) }));
    expect(await completeMultipart(permitFor(store), { ...whole, parts: wrong }, store)).toEqual({ state: "parts" });
    await abortMultipart(permitFor(store), multipart, store);
    expect(await completeMultipart(permitFor(store), whole, store)).toEqual({ state: "gone" });
    await abortMultipart(permitFor(store), multipart, store);
  });

  it.skipIf(endpoint.ceph)("makes the storage reject bytes that do not match the checksums", async () => {
    const multipart = await begun("media/c/u/checksums");
    const [first = Buffer.alloc(0)] = partsOf(bytes);
    const crc = crc64nvme(first);
    const { urls } = await presignParts(
      permitFor(store),
      { ...multipart, parts: [{ ...part(1), crc64nvme: crc }], ttlSeconds: 60 },
      store,
    );
    const url = urls[0] ?? "";
    const broken = Buffer.concat([first.subarray(1), Buffer.from("x")]);
    expect((await put(url, broken, { "x-amz-checksum-crc64nvme": crc })).status).toBe(400);
    expect((await put(url, first)).status).toBe(403);
    expect((await put(url, broken, { "x-amz-checksum-crc64nvme": crc64nvme(broken) })).status).toBe(403);
    const parts = await sendParts(
      multipart,
      all.map((one) => ({ ...one, crc64nvme: crc64nvme(partsOf(bytes)[one.number - 1] ?? first) })),
    );
    const whole = { ...multipart, sizeBytes, parts };
    expect(await completeMultipart(permitFor(store), { ...whole, crc64nvme: crc64nvme(first) }, store)).toEqual({
      state: "checksum",
    });
    expect(await completeMultipart(permitFor(store), { ...whole, crc64nvme: crc64nvme(bytes) }, store)).toMatchObject({
      state: "done",
    });
  });

  it("makes the storage reject a part of another length, so that a URL stores what it was signed for", async () => {
    const multipart = await begun("media/c/u/lengths");
    const { urls } = await presignParts(
      permitFor(store),
      { ...multipart, parts: [{ number: 1, sizeBytes: 222 }], ttlSeconds: 60 },
      store,
    );
    const url = urls[0] ?? "";
    const body = bytes.subarray(0, 222);
    for (const other of [bytes, bytes.subarray(0, 223), bytes.subarray(0, 221), Buffer.alloc(0)])
      expect((await put(url, other)).status, `${other.length} bytes`).toBe(403);
    // A body without a length, in chunks, is none of that length either.
    const chunked = new Blob([new Uint8Array(bytes)]).stream();
    const streamed = await fetch(url, { method: "PUT", body: chunked, duplex: "half" } as RequestInit);
    expect(streamed.status).toBeGreaterThanOrEqual(400);
    expect(await listParts(multipart, store)).toEqual([]);
    expect((await put(url, body)).status).toBe(200);
    expect(await listParts(multipart, store)).toMatchObject([{ number: 1, sizeBytes: 222 }]);
    await abortMultipart(permitFor(store), multipart, store);
  });

  it("lists multipart uploads page by page until they are aborted", async () => {
    const begunHere = await Promise.all(["1", "2 +%", "2 +%", "3/ü"].map((name) => begun(`media/c/listed/${name}`)));
    const found: Multipart[] = [];
    for await (const page of listMultiparts("media/c/listed/", store, 2)) found.push(...page);
    const ids = (list: Multipart[]) => list.map(({ s3UploadId }) => s3UploadId).toSorted();
    expect(ids(found)).toEqual(ids(begunHere));
    for (const multipart of found) await abortMultipart(permitFor(store), multipart, store);
    for await (const page of listMultiparts("media/c/listed/", store)) expect(page).toEqual([]);
  });

  it("accepts the site's preflight for a part and exposes the ETag", async () => {
    const multipart = await begun("media/c/u/cors");
    const last = Buffer.from("last");
    const parts = [{ number: 1, sizeBytes: last.length }];
    const { urls } = await presignParts(permitFor(store), { ...multipart, parts, ttlSeconds: 60 }, store);
    const url = urls[0] ?? "";
    const preflight = await fetch(url, {
      method: "OPTIONS",
      headers: {
        origin: site,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "x-amz-checksum-crc64nvme",
      },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get("access-control-allow-headers")).toMatch(/x-amz-checksum-crc64nvme|\*/i);
    const { response } = await put(url, last, { origin: site });
    expect(response.headers.get("access-control-expose-headers")).toMatch(/etag/i);
    await abortMultipart(permitFor(store), multipart, store);
  });

  it("copies a version whole and in parts", async () => {
    // Ceph 16 decodes the source key of a part twice.
    const odd = `media/c/u/ünï +${endpoint.ceph ? "" : "%20"}&?.bin`;
    const object = { key: odd, body: bytes, contentType: "image/jpeg", cacheControl: "private" };
    const { versionId } = await putObject(permitFor(store), object, store);
    await putObject(permitFor(store), { ...object, body: Buffer.from("newer") }, store);
    const from = { key: odd, versionId: versionId ?? "" };
    await copyObject(permitFor(store), { from, to: "media/c/v/whole ü", sizeBytes }, store);
    await copyObject(permitFor(store), { from, to: "media/c/v/parts", sizeBytes }, store, {
      wholeUpToBytes: MIB,
      partBytes,
    });
    for (const key of ["media/c/v/whole ü", "media/c/v/parts"]) {
      expect(Buffer.compare(await buffer((await getObject({ key }, store)).body), bytes)).toBe(0);
    }
    const gone = copyObject(
      permitFor(store),
      { from: { key: "media/c/u/no", versionId: "x" }, to: "y", sizeBytes: 1 },
      store,
    );
    await expect(gone).rejects.toMatchObject({ name: "AppError" });
    for await (const page of listMultiparts("media/c/v/", store)) expect(page).toEqual([]);
  });

  it("finds the latest versions of some keys among many, skipping gaps", async () => {
    const prefix = "media/c/many/";
    const names = Array.from({ length: 60 }, (_, index) => `d/${String(index).padStart(3, "0")}.jpg`);
    const odd = ["0", "1", "é", "~", "d/", "z z/+", "\u{10fffd}", "a\ufffd", "\ue000"];
    for (const name of [...names, ...odd]) {
      const object = { key: prefix + name, contentType: "image/jpeg", cacheControl: "private" };
      await putObject(permitFor(store), { ...object, body: Buffer.from("old one") }, store);
      await putObject(permitFor(store), { ...object, body: Buffer.from(name) }, store);
    }
    const wanted = [...odd, ...names.filter((_, index) => index % 17 === 0), "d/000", "missing", "zz"];
    const found = await latestVersions(
      prefix,
      wanted.map((name) => prefix + name),
      store,
      7,
    );
    expect([...found.keys()].map((key) => key.slice(prefix.length)).toSorted()).toEqual(
      wanted.filter((name) => names.includes(name) || odd.includes(name)).toSorted(),
    );
    for (const [key, version] of found) {
      expect(version.sizeBytes).toBe(Buffer.byteLength(key.slice(prefix.length)));
      expect(version.isLatest).toBe(true);
    }
    expect(await latestVersions(prefix, [], store)).toEqual(new Map());
  });

  it("finds every version of some keys among many, also when a page ends between versions of one key", async () => {
    const prefix = "media/c/many/";
    const wanted = ["0", "a\ufffd", "d/000.jpg", "d/017.jpg", "d/018.jpg", "missing", "zz"].map(
      (name) => prefix + name,
    );
    const expected = wanted.slice(0, 5).flatMap((key) => [`${key} latest`, key]);
    for (const pageSize of [1, 2, 3, 7]) {
      const found: string[] = [];
      for await (const page of versionsOf(prefix, wanted, store, pageSize))
        found.push(...page.map(({ key, isLatest }) => (isLatest ? `${key} latest` : key)));
      expect(found.toSorted()).toEqual(expected.toSorted());
    }
  });

  it("deletes keys that XML cannot represent together with others", async () => {
    const names = ["plain", "dle \u0010", "a\u0001/b?c", "none \uffff", "cr \r", "nl \n", "del \u007f"];
    for (const name of names) {
      const object = { key: `media/c/xml/${name}`, contentType: "image/jpeg", cacheControl: "private" };
      await putObject(permitFor(store), { ...object, body: Buffer.from(name) }, store);
    }
    const versions = [];
    for await (const page of listObjectVersions("media/c/xml/", store)) versions.push(...page);
    expect(versions.map(({ key }) => key.slice("media/c/xml/".length)).toSorted()).toEqual(names.toSorted());
    await deleteVersions(permitFor(store), versions, store);
    await deleteVersions(permitFor(store), versions, store);
    for await (const page of listObjectVersions("media/c/xml/", store)) expect(page).toEqual([]);
  });

  it("deletes versions permanently and idempotently", async () => {
    const versions = [];
    for await (const page of listObjectVersions("media/c/many/d/00", store)) versions.push(...page);
    expect(versions.length).toBeGreaterThan(5);
    await deleteVersions(permitFor(store), versions, store);
    await deleteVersions(permitFor(store), versions, store);
    await deleteVersions(permitFor(store), [], store);
    // More than 1 MiB of XML, which no server takes in one call.
    const { versionId = "" } = versions[0] ?? {};
    const long = Array.from({ length: 1_000 }, (_, index) => ({ key: `media/${"'&".repeat(500)}${index}`, versionId }));
    await deleteVersions(permitFor(store), long, store);
    for await (const page of listObjectVersions("media/c/many/d/00", store)) expect(page).toEqual([]);
    expect(await headObject({ key: versions[0]?.key ?? "" }, store)).toBeNull();
    const [version] = versions;
    if (version) expect(await headObject(version, store)).toBeNull();
  });
});

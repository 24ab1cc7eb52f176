import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type RunningS3, startS3 } from "@/lib/embedded/s3/server";
import type { S3Access } from "@/tests/support/services/s3";
import { must, TestBucket } from "./bucket";
import { access } from "./differences/access";
import { bucketSettings } from "./differences/bucket-settings";
import { buckets } from "./differences/buckets";
import type { Difference } from "./differences/difference";
import { grants } from "./differences/grants";
import { lifecycles } from "./differences/lifecycle";
import { objects } from "./differences/objects";
import { uploads } from "./differences/uploads";
import { type Disagreement, disagreement, type Essence, essence } from "./essence";
import type { Operation } from "./operation";
import { tables } from "./operations/tables";

/*
 * Every operation on the embedded store and on Ceph's S3, in buckets of the same name. Where the two do not say the
 * same, a list in differences/ says in what and which page has it that ours is right; an entry for what no longer
 * differs fails, too.
 */

const differences: readonly Difference[] = [
  ...objects,
  ...buckets,
  ...bucketSettings,
  ...uploads,
  ...access,
  ...grants,
  ...lifecycles,
];
/** The S3 of this project is Ceph's. */
const ceph: S3Access = inject("services").s3;
const run = randomBytes(4).toString("hex");
let dataDir: string;
let store: RunningS3;
let ours: S3Access;
let count = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "embedded-s3-"));
  const { region, accessKeyId, secretAccessKey, other } = ceph;
  const root = { name: "root", accessKeyId: "ROOTKEY", secretAccessKey: "root-secret-key" };
  // As Ceph's two accounts: neither of them may do what only the store's root may.
  const accounts = [{ name: "own", accessKeyId, secretAccessKey }, ...(other ? [{ name: "other", ...other }] : [])];
  store = await startS3({ dataDir, region, users: [root, ...accounts] });
  ours = { ...ceph, endpoint: store.endpoint };
});
afterAll(async () => {
  await store.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function expected(name: string): Disagreement {
  return Object.assign({}, ...differences.map((one) => one.operations[name] ?? {}));
}

async function outcome(operation: Operation, bucket: string, place: S3Access): Promise<Essence> {
  const s3 = new TestBucket(bucket, place);
  await must(s3.put(""));
  return essence(await operation(s3), { endpoint: place.endpoint, bucket });
}

describe.each(Object.entries(tables))("%s", (_table, operations) => {
  it.concurrent.each(Object.entries(operations))("%s", async (name, operation) => {
    const bucket = `compare-${run}-${count++}`;
    const [left, right] = await Promise.all([outcome(operation, bucket, ours), outcome(operation, bucket, ceph)]);
    expect(disagreement(left, right)).toEqual(expected(name));
  });
});

describe("the list of differences", () => {
  const names = Object.values(tables).flatMap((operations) => Object.keys(operations));

  it("names operations there are, each of which has a name of its own", () => {
    expect(new Set(names).size).toBe(names.length);
    const listed = differences.flatMap((one) => Object.keys(one.operations));
    expect(listed.filter((name) => !names.includes(name))).toEqual([]);
  });

  it("gives a reason and the page it is from", () => {
    const documented = /^https:\/\/(docs\.aws\.amazon\.com|www\.rfc-editor\.org|fetch\.spec\.whatwg\.org)\//;
    expect(differences.filter((one) => one.why === "" || !documented.test(one.source))).toEqual([]);
  });

  it("explains each part of a difference once", () => {
    const parts = differences.flatMap((one) =>
      Object.entries(one.operations).flatMap(([name, fields]) =>
        Object.keys(fields).map((field) => `${name}: ${field}`),
      ),
    );
    expect(parts.filter((part, i) => parts.indexOf(part) !== i)).toEqual([]);
  });
});

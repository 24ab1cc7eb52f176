import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as sdk from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe } from "vitest";
import { bucketIn, storeForFile, type TestBucket } from "../conformance/fixture";
import type { TestStore } from "../harness";
import { writeTree } from "./files";
import { PythonProgram } from "./python-program";

/** No call takes longer than a few seconds, even on a busy machine; clients that retry for minutes are ended. */
const CALL_TIMEOUT_MS = 60_000;
const TEST_TIMEOUT_MS = 120_000;

interface RunOptions {
  readonly env?: Record<string, string>;
  /** Given to the program's stdin. */
  readonly input?: Buffer;
}

/** A client, and what its tests work on. */
export interface Setting {
  readonly store: TestStore;
  /** A bucket with versions, so that every write leaves a trace. */
  readonly media: TestBucket;
  /** A path in a temporary folder of the file's own, where the files of `writeTree` are below `tree`. */
  path(name: string): string;
  /** The environment of the client: no configuration, no proxy and no credentials of this machine reach it. */
  env(): Record<string, string>;
  /** Runs the client. Resolves with what it printed to stdout. @throws Error with its stderr when it fails */
  run(args: readonly string[], options?: RunOptions): Promise<string>;
}

/**
 * Tests a client that Debian packages, in a home and an environment of its own: no configuration, no proxy and no
 * credentials of this machine reach it. Where the package is not installed the tests are skipped, and a line says so.
 * @param program its name below /usr/bin, where Debian's packages put it: others of that name would be another release
 */
export function describeClient(program: string, debianPackage: string, tests: (setting: Setting) => void): void {
  const file = `/usr/bin/${program}`;
  const isHere = existsSync(file);
  if (!isHere) console.warn(`Skipping the tests with ${program}: Debian's package ${debianPackage} is not here.`);
  describe.skipIf(!isHere)(program, { timeout: TEST_TIMEOUT_MS }, () => {
    const store = storeForFile();
    const media = versionedBucket(store, "media");
    let home = "";
    beforeAll(async () => {
      home = await mkdtemp(join(tmpdir(), `${program}-`));
      await writeTree(join(home, "tree"));
    });
    afterAll(() => rm(home, { recursive: true, force: true }));
    const path = (name: string) => join(home, name);
    const ownEnv = () => ({ PATH: "/usr/bin:/bin", LANG: "C.UTF-8", HOME: home });
    const run = (args: readonly string[], { env, input }: RunOptions = {}) =>
      call(file, args, { ...ownEnv(), ...env }, input);
    tests({ store, media, path, env: ownEnv, run });
  });
}

/** A client that is a Python program, started before the tests of the file. @param more environment beside that of every client */
export function pythonProgram(
  { env }: Setting,
  file: string,
  modules: readonly string[],
  more: () => Record<string, string> = () => ({}),
): { run(args: readonly string[]): Promise<string> } {
  let program: PythonProgram | undefined;
  beforeAll(() => {
    program = new PythonProgram(file, modules, { ...env(), ...more() });
  });
  afterAll(() => program?.stop());
  return {
    run(args) {
      if (!program) throw new Error(`${file} runs while tests do, not while they are collected.`);
      return program.run(args);
    },
  };
}

/** A bucket with versions enabled before the tests. */
export function versionedBucket(store: TestStore, name: string): TestBucket {
  const bucket = bucketIn(store, name);
  const VersioningConfiguration = { Status: "Enabled" as const };
  beforeAll(() => bucket.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration }));
  return bucket;
}

/** How many versions and delete markers there are: every write of whatever kind adds one. */
export async function writes(bucket: TestBucket): Promise<number> {
  const { Versions = [], DeleteMarkers = [] } = await bucket.send(sdk.ListObjectVersionsCommand, {});
  return Versions.length + DeleteMarkers.length;
}

function call(file: string, args: readonly string[], env: Record<string, string>, input?: Buffer): Promise<string> {
  const options = { env: env as NodeJS.ProcessEnv, cwd: env.HOME, timeout: CALL_TIMEOUT_MS };
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${file} ${args.join(" ")}: ${stderr}${stdout}`, { cause: error }));
      else resolve(stdout);
    });
    child.stdin?.on("error", () => {}); // reported by its exit
    child.stdin?.end(input);
  });
}

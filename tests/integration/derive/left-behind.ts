import { mkdtempSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, expect } from "vitest";
import { stopDecoders } from "@/lib/derive/decoder/decoder";

/** Expects after each test of the file that it left no temporary folder, and stops the decoders after the last one. */
export function expectNothingLeft(): void {
  // A folder of its own, so that anything left in it was left by the test.
  const tempRoot = mkdtempSync(path.join(tmpdir(), "atoll-test-"));
  process.env.TMPDIR = tempRoot;
  afterEach(async () => {
    expect((await readdir(tempRoot)).filter((name) => name.startsWith("atoll-"))).toEqual([]);
  });
  afterAll(() => {
    stopDecoders();
    rmSync(tempRoot, { recursive: true });
  });
}

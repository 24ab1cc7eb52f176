import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { adoptRunning } from "@/lib/cli/settings/running";
import { openDataDir, publishRunning } from "@/lib/cli/start/data-dir";

const dir = mkdtempSync(path.join(os.tmpdir(), "atoll-running-"));
const published = {
  DATABASE_URL: "postgresql://postgres@127.0.0.1:1/atoll",
  S3_ENDPOINT: "http://127.0.0.1:2",
  S3_BUCKET: "media-of-up",
  S3_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "ATOLL",
  AWS_SECRET_ACCESS_KEY: "of the embedded store",
  AWS_SESSION_TOKEN: "",
};
const ofTheShell = {
  S3_BUCKET: "elsewhere",
  S3_REGION: "us-west-2",
  AWS_ACCESS_KEY_ID: "AKIA",
  AWS_SECRET_ACCESS_KEY: "of the shell",
  AWS_SESSION_TOKEN: "of the shell",
};

beforeEach(() => {
  vi.stubEnv("ATOLL_DATA_DIR", dir);
  for (const name of Object.keys(published)) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(ofTheShell)) vi.stubEnv(name, value);
  const dataDir = openDataDir(dir);
  const cancel = publishRunning(dataDir, published);
  return () => {
    cancel();
    dataDir.release();
    rmSync(dir, { recursive: true, force: true });
  };
});
afterEach(() => vi.unstubAllEnvs());

test("a command uses the whole environment of a running up, without the shell's variables", () => {
  adoptRunning();
  expect(process.env).toMatchObject(published);
});

test("with DATABASE_URL a command uses its own environment", () => {
  vi.stubEnv("DATABASE_URL", "postgresql://postgres@127.0.0.1:3/own");
  adoptRunning();
  expect(process.env).toMatchObject(ofTheShell);
  expect(process.env.S3_ENDPOINT).toBeUndefined();
});

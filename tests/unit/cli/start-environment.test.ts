import { afterEach, expect, test, vi } from "vitest";
import { readStartEnvironment } from "@/lib/cli/start/environment";
import { EnvError, settingNames } from "@/lib/env";

const names = [...settingNames, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
afterEach(() => vi.unstubAllEnvs());

// tests/integration/up runs the command with two of them: the line is all it prints, with exit code 2.
test.each([
  [{ PORT: "http" }, /^PORT must be a port number from 0 to 65535$/],
  [{ S3_BUCKET: "Bad_Name" }, /^S3_BUCKET must be a bucket name \(3 to 63 of a-z 0-9 \. -\)$/],
  [
    { DATABASE_URL: "postgresql://localhost/atoll", S3_ENDPOINT: "http://127.0.0.1:9" },
    /^NEXTAUTH_SECRET is missing: [^\n]+$/,
  ],
  [{ DATABASE_URL: "postgresql://localhost/atoll" }, /^S3_ENDPOINT is missing beside DATABASE_URL: [^\n]+$/],
  [
    { S3_ENDPOINT: "http://127.0.0.1:9", AWS_ACCESS_KEY_ID: "x" },
    /^AWS_SECRET_ACCESS_KEY is missing beside AWS_ACCESS_KEY_ID$/,
  ],
  [
    { S3_ENDPOINT: "http://127.0.0.1:9", AWS_SECRET_ACCESS_KEY: "x" },
    /^AWS_ACCESS_KEY_ID is missing beside AWS_SECRET_ACCESS_KEY$/,
  ],
])("a malformed environment stops the start with one line: %o", async (environment, line) => {
  for (const name of names) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const failure = await readStartEnvironment().catch((error: Error) => error);
  expect(failure).toBeInstanceOf(EnvError);
  expect(failure).toMatchObject({ message: expect.stringMatching(line) });
});

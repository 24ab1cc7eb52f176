import { randomBytes } from "node:crypto";
import { startS3 } from "@/lib/embedded/s3/server";

export type S3Access = { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string };
export type TestS3 = { access: S3Access; stop(): Promise<void> };

/** The S3 of a test run: the one ATOLL_TEST_S3_ENDPOINT names (with its two keys), else the embedded store. */
export async function startTestS3(dataDir: string): Promise<TestS3> {
  const region = process.env.ATOLL_TEST_S3_REGION ?? "us-east-1";
  const {
    ATOLL_TEST_S3_ENDPOINT: endpoint,
    ATOLL_TEST_S3_ACCESS_KEY: givenId = "",
    ATOLL_TEST_S3_SECRET_KEY: givenSecret = "",
  } = process.env;
  if (endpoint) {
    const access = { endpoint, region, accessKeyId: givenId, secretAccessKey: givenSecret };
    return { access, stop: async () => undefined };
  }
  const accessKeyId = `TEST${randomBytes(8).toString("hex").toUpperCase()}`;
  const secretAccessKey = randomBytes(20).toString("hex");
  const users = [{ name: "root", accessKeyId, secretAccessKey }];
  const store = await startS3({ dataDir, region, users });
  return { access: { endpoint: store.endpoint, region, accessKeyId, secretAccessKey }, stop: store.stop };
}

import { randomBytes } from "node:crypto";
import { startS3 } from "@/lib/embedded/s3/server";
import { sitePermissions, uploadRolePermissions } from "@/lib/infra/iam";

type KeyPair = { accessKeyId: string; secretAccessKey: string };
export type S3Access = KeyPair & {
  endpoint: string;
  region: string;
  /** The key pair of the site, which can do in buckets named `test-…` what it can do in production and nothing else. */
  site?: KeyPair;
  /** The role whose sessions upload, where there is one. */
  roleArn?: string;
  /** The key pair of a second account, where there is one. */
  other?: KeyPair;
};
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
  const [root, site] = [keyPair(), keyPair()];
  const limited = { name: "site", ...site, policies: [sitePermissions("test-*")] };
  const role = { name: "atoll-upload", trust: ["site"], policies: [uploadRolePermissions("test-*")] };
  const store = await startS3({ dataDir, region, users: [{ name: "root", ...root }, limited], roles: [role] });
  const roleArn = "arn:aws:iam::000000000000:role/atoll-upload";
  return { access: { endpoint: store.endpoint, region, ...root, site, roleArn }, stop: store.stop };
}

function keyPair(): KeyPair {
  const accessKeyId = `TEST${randomBytes(8).toString("hex").toUpperCase()}`;
  return { accessKeyId, secretAccessKey: randomBytes(20).toString("hex") };
}

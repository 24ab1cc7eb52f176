import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { freePort } from "@/lib/embedded/postmaster";
import type { StartEnv } from "@/lib/env";
import { sitePermissions, uploadRolePermissions } from "@/lib/infra/iam";
import { root } from "../install.mjs";
import { type Supervised, supervise } from "../process/supervise";
import { policiesFrom, rolesFrom } from "../s3";
import { type DataDir, readOrCreate, writePrivateFile } from "./data-dir";

export type KeyPair = { accessKeyId: string; secretAccessKey: string };
export type Store = {
  child: Supervised<object>;
  /** For the site and its worker, with their own key. */
  env: Record<string, string>;
  /** The key of the store's operator, which sets the bucket up. No other process gets it. */
  operator: KeyPair;
};

/** Of every resource of the embedded store (lib/embedded/s3/auth/users.ts). */
const accountId = "000000000000";
/** The user of the store that the site and its worker are. */
const siteUser = "atoll-site";
/** The role whose sessions upload, which the site alone may assume. */
const uploadRole = "atoll-upload";

/** Returns the key pair in a file, made at the first start: a new one would end all signed URLs. */
function keyPair(dataDir: DataDir, name: "s3-root-key" | "s3-site-key"): KeyPair {
  const made = readOrCreate(dataDir.file(name), () =>
    JSON.stringify({
      accessKeyId: `ATOLL${randomBytes(8).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64url"),
    }),
  );
  return JSON.parse(made.value) as KeyPair;
}

/**
 * Returns the key pair of the embedded store's operator; undefined for a data dir whose store does not know `siteAccessKeyId` as the
 * site's: another storage.
 */
export function embeddedOperator(dataDir: string, siteAccessKeyId: string | undefined): KeyPair | undefined {
  const read = (name: string) => JSON.parse(readFileSync(path.join(dataDir, name), "utf8")) as KeyPair;
  const [site, operator] = ["s3-site-key", "s3-root-key"] as const;
  if (![site, operator].every((name) => existsSync(path.join(dataDir, name)))) return undefined;
  return read(site).accessKeyId === siteAccessKeyId ? read(operator) : undefined;
}

/** Returns the variables by which the store knows its operator and the site's user, beside users of the operator's own. */
async function userEnv(start: StartEnv, dataDir: DataDir, operator: KeyPair, site: KeyPair) {
  const { ATOLL_S3_USERS } = process.env;
  const others = await policiesFrom();
  const file = dataDir.file("s3-policies.json");
  // Written at each start: the name of the bucket or the permissions may have changed.
  writePrivateFile(file, JSON.stringify({ ...others, [siteUser]: [sitePermissions(start.S3_BUCKET)] }));
  const own = `${siteUser}:${site.accessKeyId}:${site.secretAccessKey}`;
  return {
    ATOLL_S3_ACCESS_KEY: operator.accessKeyId,
    ATOLL_S3_SECRET_KEY: operator.secretAccessKey,
    ATOLL_S3_USERS: ATOLL_S3_USERS ? `${ATOLL_S3_USERS},${own}` : own,
    ATOLL_S3_POLICIES: file,
    ATOLL_S3_ROLES: await rolesFile(start, dataDir),
  };
}

/** Returns the file of the store's roles: the one for uploads, beside roles of the operator's own. */
async function rolesFile(start: StartEnv, dataDir: DataDir): Promise<string> {
  const others = (await rolesFrom()).filter(({ name }) => name !== uploadRole);
  const own = { name: uploadRole, trust: [siteUser], policies: [uploadRolePermissions(start.S3_BUCKET)] };
  const file = dataDir.file("s3-roles.json");
  writePrivateFile(file, JSON.stringify([...others, own]));
  return file;
}

/** Returns the port of the last start if it is free, so that signed URLs and browser caches stay valid. */
async function storePort(dataDir: DataDir, wanted: number): Promise<number> {
  const file = dataDir.file("s3-port");
  const last = existsSync(file) ? Number(readFileSync(file, "utf8")) || 0 : 0;
  const port = wanted || (await freePort(last));
  if (port !== last) writePrivateFile(file, `${port}\n`);
  return port;
}

/** Starts the process of the embedded store. Returns it with the variables that point to it. */
export async function startStore(
  start: StartEnv,
  dataDir: DataDir,
  say: (line: string) => void,
  onFatal: (error: Error) => void,
): Promise<Store> {
  const operator = keyPair(dataDir, "s3-root-key");
  const site = keyPair(dataDir, "s3-site-key");
  const port = await storePort(dataDir, start.ATOLL_S3_PORT);
  const { hostname } = new URL(start.ATOLL_URL);
  const child = supervise<object>(
    {
      name: "S3 store",
      file: path.join(root, "lib/cli/main.ts"),
      args: [
        ...["s3", "--port", String(port), "--data-dir", dataDir.path],
        // Browsers that open the site must reach the store, too.
        ...(start.ATOLL_LISTEN === "loopback" ? [] : ["--host", "0.0.0.0"]),
      ],
      env: {
        ...process.env,
        S3_REGION: start.S3_REGION,
        ...(await userEnv(start, dataDir, operator, site)),
      },
      logFile: dataDir.file("logs", "s3.log"),
    },
    say,
    onFatal,
  );
  return {
    child,
    env: {
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_PUBLIC_ENDPOINT: start.S3_PUBLIC_ENDPOINT ?? `http://${hostname}:${port}`,
      S3_FORCE_PATH_STYLE: "true",
      AWS_ACCESS_KEY_ID: site.accessKeyId,
      AWS_SECRET_ACCESS_KEY: site.secretAccessKey,
      AWS_SESSION_TOKEN: "",
      S3_ROLE_ARN: start.S3_ROLE_ARN ?? `arn:aws:iam::${accountId}:role/${uploadRole}`,
      // With a profile set, the SDK would ignore the two keys.
      AWS_PROFILE: "",
    },
    operator,
  };
}

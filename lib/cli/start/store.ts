import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { freePort } from "@/lib/embedded/postmaster";
import type { StartEnv } from "@/lib/env";
import { root } from "../install.mjs";
import { type DataDir, kept, writePrivately } from "./data-dir";
import { type Supervised, supervise } from "./supervise";

const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

export type Store = { child: Supervised<object>; env: Record<string, string> };
type RootKey = { accessKeyId: string; secretAccessKey: string };

function rootKey(dataDir: DataDir): RootKey {
  const made = kept(dataDir.file("s3-root-key"), () =>
    JSON.stringify({
      accessKeyId: `ATOLL${randomBytes(8).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64url"),
    }),
  );
  return JSON.parse(made.value) as RootKey;
}

/** The port of last time when it is free: signed URLs and browser caches outlive a restart. */
async function storePort(dataDir: DataDir, wished: number): Promise<number> {
  const file = dataDir.file("s3-port");
  const last = existsSync(file) ? Number(readFileSync(file, "utf8")) || 0 : 0;
  const port = wished || (await freePort(last));
  if (port !== last) writePrivately(file, `${port}\n`);
  return port;
}

/** Starts the embedded store as a process of its own; gives the environment that leads to it. */
export async function startStore(
  start: StartEnv,
  dataDir: DataDir,
  say: (line: string) => void,
  onHopeless: (error: Error) => void,
): Promise<Store> {
  const { accessKeyId, secretAccessKey } = rootKey(dataDir);
  const port = await storePort(dataDir, start.ATOLL_S3_PORT);
  const { hostname } = new URL(start.ATOLL_URL);
  const child = supervise<object>(
    {
      name: "S3 store",
      file: path.join(root, "lib/cli/main.ts"),
      args: [
        ...["s3", "--port", String(port), "--data-dir", dataDir.path],
        // Others reach the site by this name, so they must reach the store, too.
        ...(loopbackHosts.has(hostname) ? [] : ["--host", "0.0.0.0"]),
      ],
      env: {
        ...process.env,
        S3_REGION: start.S3_REGION,
        ATOLL_S3_ACCESS_KEY: accessKeyId,
        ATOLL_S3_SECRET_KEY: secretAccessKey,
      },
      logFile: dataDir.file("logs", "s3.log"),
    },
    say,
    onHopeless,
  );
  return {
    child,
    env: {
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_PUBLIC_ENDPOINT: start.S3_PUBLIC_ENDPOINT ?? `http://${hostname}:${port}`,
      S3_FORCE_PATH_STYLE: "true",
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: "",
      // With a profile the SDK would not look at the two keys.
      AWS_PROFILE: "",
    },
  };
}

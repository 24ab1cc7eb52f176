import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { freePort } from "@/lib/embedded/postmaster";
import { isLoopback, type StartEnv } from "@/lib/env";
import { root } from "../install.mjs";
import { type DataDir, readOrCreate, writePrivateFile } from "./data-dir";
import { type Supervised, supervise } from "./supervise";

export type Store = { child: Supervised<object>; env: Record<string, string> };
type RootKey = { accessKeyId: string; secretAccessKey: string };

function rootKey(dataDir: DataDir): RootKey {
  const made = readOrCreate(dataDir.file("s3-root-key"), () =>
    JSON.stringify({
      accessKeyId: `ATOLL${randomBytes(8).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64url"),
    }),
  );
  return JSON.parse(made.value) as RootKey;
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
  const { accessKeyId, secretAccessKey } = rootKey(dataDir);
  const port = await storePort(dataDir, start.ATOLL_S3_PORT);
  const { hostname } = new URL(start.ATOLL_URL);
  const child = supervise<object>(
    {
      name: "S3 store",
      file: path.join(root, "lib/cli/main.ts"),
      args: [
        ...["s3", "--port", String(port), "--data-dir", dataDir.path],
        // Browsers on other machines use this host name, so the store must listen on all interfaces.
        ...(isLoopback(start.ATOLL_URL) ? [] : ["--host", "0.0.0.0"]),
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
    onFatal,
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
      // With a profile set, the SDK would ignore the two keys.
      AWS_PROFILE: "",
    },
  };
}

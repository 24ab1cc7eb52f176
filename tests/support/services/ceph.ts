import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const script = path.join(import.meta.dirname, "ceph-rgw.sh");

export type Ceph = {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** The key pair of a second account. */
  other: { accessKeyId: string; secretAccessKey: string };
  stop(): Promise<void>;
};

function packagesDir(): string {
  const base = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache");
  return process.env.CEPH_ROOT ?? path.join(process.env.BASE ?? path.join(base, "ceph-rgw"), "ceph-root");
}

let told = false;

/** Whether Ceph's packages are unpacked here; says so once when they are not, so that skipped tests have a reason. */
export function cephAvailable(): boolean {
  const available = process.platform === "linux" && existsSync(path.join(packagesDir(), "usr/bin/radosgw"));
  if (!available && !told) {
    console.warn(
      "Skipping the tests against Ceph: its packages are not here. Fetch them with tests/support/services/ceph-rgw.sh fetch",
    );
    told = true;
  }
  return available;
}

/**
 * Starts a Ceph RADOS Gateway of its own (mon, osd, gateway; about 6 s) on free ports with its data in a temporary folder; a
 * second time, elsewhere, where the first did not come up: its daemons give up on whatever is slow or in their way.
 * `stop` ends what it started and removes the data. Rejects with the script's output and the ends of the logs.
 */
export async function startCeph(): Promise<Ceph> {
  return startOnce().catch((error: Error) => {
    console.warn(`${error.message}; once more.`, error.cause);
    return startOnce();
  });
}

async function startOnce(): Promise<Ceph> {
  const dir = await mkdtemp(path.join(os.tmpdir(), "ceph-"));
  const accessKeyId = "atolltest";
  const secretAccessKey = "atolltestsecretatolltestsecret";
  const other = { accessKeyId: "atollother", secretAccessKey: "atollothersecretatollothersecret" };
  const rgwPort = await freePort();
  const env = {
    ...process.env,
    CEPH_DIR: dir,
    RGW_PORT: String(rgwPort),
    MON_PORT: String(await freePort()),
    ACCESS_KEY: accessKeyId,
    SECRET_KEY: secretAccessKey,
    OTHER_ACCESS_KEY: other.accessKeyId,
    OTHER_SECRET_KEY: other.secretAccessKey,
  };
  const stop = async () => {
    await run("bash", [script, "stop"], { env });
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await run("bash", [script, "start"], { env, timeout: 50_000 });
  } catch (error) {
    const logs = await run("bash", ["-c", 'tail -n 3 "$CEPH_DIR"/log/*.log'], { env }).catch(() => ({
      stdout: "no logs",
    }));
    await stop();
    throw new Error(`Ceph did not start: ${logs.stdout}`, { cause: error });
  }
  return { endpoint: `http://127.0.0.1:${rgwPort}`, region: "us-east-1", accessKeyId, secretAccessKey, other, stop };
}

/** Below the range the system hands out to clients, so that nobody takes it between here and the start; the osd uses the 60 after it. */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error("no free port for Ceph");
}

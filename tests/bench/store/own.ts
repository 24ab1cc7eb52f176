import path from "node:path";
import { storeNodeFlags } from "@/lib/cli/install.mjs";
import type { SigningIdentity } from "@/lib/storage/sign";
import { startProcess } from "../process/start";

export type OwnStore = { identity: SigningIdentity; pid: number | undefined; stop(): Promise<void> };

const secretAccessKey = "benchbenchbench";

/** Starts the embedded store in its own process, for a bucket `bench`, which is not created. */
export async function startOwnStore(dataDir: string): Promise<OwnStore> {
  const file = path.join(import.meta.dirname, "start-store.ts");
  const options = { nodeFlags: storeNodeFlags }; // as `atoll s3` is started
  const { child, line: endpoint, stop } = await startProcess(file, [dataDir, "bench", secretAccessKey], options);
  const identity = { accessKeyId: "bench", secretAccessKey, region: "us-east-1", endpoint, bucket: "bench" };
  return {
    identity: { ...identity, forcePathStyle: true },
    pid: child.pid,
    stop,
  };
}

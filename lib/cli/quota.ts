import { parseEnv } from "@/lib/env";
import { quotaInput } from "@/lib/quota/schema";
import { sizeText } from "@/lib/upload/policy";
import { adoptRunning } from "./settings/running";
import { UsageError } from "./usage";

type Quota = { noun: "user" | "collection"; name: string; size: string; isDryRun: boolean; isJson: boolean };

/** Sets the quota of a user or a collection, and prints the old and new value. Throws UsageError, AppError, EnvError. */
export async function setQuota({ noun, name, size, isDryRun, isJson }: Quota): Promise<void> {
  const parsed = quotaInput.safeParse(size);
  if (!parsed.success) throw new UsageError(parsed.error.issues[0]?.message);
  adoptRunning();
  parseEnv(process.env);
  const { setCollectionQuota, setUserQuota } = await import("@/lib/quota/commands");
  const { mintSystemViewer } = await import("@/lib/auth/viewer");
  const { closeDb } = await import("@/lib/db");
  const set = noun === "user" ? setUserQuota : setCollectionQuota;
  try {
    const change = await set(mintSystemViewer("cli"), name, parsed.data, { isDryRun });
    const { before, after, used, reserved } = change;
    const text = `${name}: quota ${quotaText(before)} before, ${quotaText(after)} ${isDryRun ? "after (dry run)" : "now"}; ${sizeText(used)} used, ${sizeText(reserved)} reserved`;
    console.log(isJson ? JSON.stringify({ [noun]: name, ...change }) : text);
  } finally {
    await closeDb();
  }
}

function quotaText(bytes: number | null): string {
  return bytes === null ? "none" : sizeText(bytes);
}

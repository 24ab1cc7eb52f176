import type { TakeOver } from "@/lib/owner/commands";
import { takeOverReason } from "@/lib/owner/policy";

/** Makes this database the owner of the bucket and prints what that changed. `isDryRun`: prints what it would. */
export async function takeBucketOver({ isDryRun, isJson }: { isDryRun: boolean; isJson: boolean }): Promise<void> {
  const [{ takeOver }, { mintSystemViewer }] = await Promise.all([
    import("@/lib/owner/commands"),
    import("@/lib/auth/viewer"),
  ]);
  const result = await takeOver(mintSystemViewer("cli"), { isDryRun });
  console.log(isJson ? JSON.stringify(result) : textOf(result));
}

function textOf({ before, owner, generation, openUploads, isDone }: TakeOver): string {
  if (before === "owner") return "This database owns the bucket. There is nothing to take over.";
  const now = owner
    ? `The bucket's ${isDone ? "former owner" : "owner"}: ${owner.site}, generation ${owner.generation}, last seen ${owner.writtenAt}`
    : "The bucket has no owner.";
  const uploads = `${openUploads} ${openUploads === 1 ? "upload is" : "uploads are"} under way by this database's record.`;
  const end = isDone
    ? `This database owns the bucket now, as generation ${generation}.`
    : `${owner ? "Stop that site, then run" : "Run"} again with --yes to make this database the owner, as generation ${generation}. The bucket's files do not change.`;
  return [...(isDone ? [] : [takeOverReason(before)]), now, uploads, end].join("\n");
}

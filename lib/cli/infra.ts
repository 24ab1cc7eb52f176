import { parseEnv } from "@/lib/env";
import type { TakeOver } from "@/lib/owner/commands";
import { lookSeconds, standingText } from "@/lib/owner/policy";
import { adoptRunning } from "./running";
import { type Command, parseCommand, UsageError } from "./usage";

const help = `Usage: atoll infra take-over [--yes] [--json]

Makes this database the owner of its bucket. Only the owner's site takes uploads, and only its worker verifies and deletes;
another database on the same bucket (a restored dump, a second site) shows and reports. The former owner stops within
${lookSeconds} seconds and the requests under way. Stop its site first.

Files of uploads that were under way when the database was restored stay in the bucket, also when those uploads end.

  --yes      does it; without it, prints what would happen
  --json     prints {"before", "owner", "generation", "openUploads", "isDone"}

Needs DATABASE_URL and the storage's settings, or a running \`atoll up\` with the same ATOLL_DATA_DIR.`;

export const infra: Command = {
  help,
  async run(args) {
    const options = { yes: { type: "boolean", default: false }, json: { type: "boolean", default: false } } as const;
    const { values, positionals } = parseCommand(help, args, { options, allowPositionals: true });
    if (positionals.join(" ") !== "take-over") throw new UsageError("expected: infra take-over");
    adoptRunning();
    parseEnv(process.env);
    const [{ takeOver }, { mintSystemViewer }, { closeDb }, { closeStorage }] = await Promise.all([
      import("@/lib/owner/commands"),
      import("@/lib/auth/viewer"),
      import("@/lib/db"),
      import("@/lib/storage/client"),
    ]);
    try {
      const result = await takeOver(mintSystemViewer("cli"), { isDryRun: !values.yes });
      console.log(values.json ? JSON.stringify(result) : textOf(result));
      return 0;
    } finally {
      closeStorage();
      await closeDb();
    }
  },
};

function textOf({ before, owner, generation, openUploads, isDone }: TakeOver): string {
  if (before === "owner") return "This database owns the bucket. There is nothing to take over.";
  const now = owner
    ? `The bucket's owner: ${owner.site}, generation ${owner.generation}, last seen ${owner.writtenAt}`
    : "The bucket has no owner.";
  const uploads = `${openUploads} ${openUploads === 1 ? "upload is" : "uploads are"} under way by this database's record.`;
  const end = isDone
    ? `This database owns the bucket now, as generation ${generation}.`
    : `Run again with --yes to make this database the owner, as generation ${generation}. The bucket's files do not change.`;
  return [standingText(before), now, uploads, end].join("\n");
}

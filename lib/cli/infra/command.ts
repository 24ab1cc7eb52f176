import { parseEnv } from "@/lib/env";
import { lookSeconds } from "@/lib/owner/policy";
import { adoptRunning } from "../settings/running";
import { type Command, parseCommand, UsageError } from "../usage";
import { checkBucket } from "./check";
import { takeBucketOver } from "./take-over";

const help = `Usage: atoll infra check [--json]
       atoll infra take-over [--yes] [--json]

check compares the bucket's settings with what this site needs and names rules of others that would delete files or make them
unreadable. It changes nothing. Exits 1 where something fails; what could not be read is listed as unknown.

take-over makes this database the owner of its bucket. Only the owner's site takes uploads, and only its worker verifies and
deletes; another database on the same bucket (a restored dump, a second site) shows and reports. The former owner stops within
${lookSeconds} seconds and the requests under way. Stop its site first.
Files of uploads that were under way when the database was restored stay in the bucket, also when those uploads end.

  --yes      does it; without it, take-over prints what would happen
  --json     prints one JSON document: check {"bucket", "checks": [{"aspect", "result", "detail", "dangers", "current",
             "wanted"}]}; take-over {"before", "owner", "generation", "openUploads", "isDone"}

Needs DATABASE_URL and the storage's settings, or a running \`atoll up\` with the same ATOLL_DATA_DIR.`;

export const infra: Command = {
  help,
  async run(args) {
    const options = { yes: { type: "boolean" }, json: { type: "boolean", default: false } } as const;
    const { values, positionals } = parseCommand(help, args, { options, allowPositionals: true });
    const verb = positionals.join(" ");
    if (verb !== "check" && verb !== "take-over") throw new UsageError("expected: infra check or infra take-over");
    if (verb === "check" && values.yes !== undefined) throw new UsageError("infra check takes no --yes");
    adoptRunning();
    const env = parseEnv(process.env);
    const [{ closeDb }, { closeStorage }] = await Promise.all([import("@/lib/db"), import("@/lib/storage/client")]);
    try {
      if (verb === "check") {
        // The site's own key may not read the settings of the embedded store's bucket.
        const { embeddedOperator } = await import("../start/store");
        const operator = embeddedOperator(env.ATOLL_DATA_DIR, process.env.AWS_ACCESS_KEY_ID);
        return await checkBucket(env, values.json, operator);
      }
      await takeBucketOver({ isDryRun: !values.yes, isJson: values.json });
      return 0;
    } finally {
      closeStorage();
      await closeDb();
    }
  },
};

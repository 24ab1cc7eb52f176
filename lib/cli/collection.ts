import { setQuota } from "./quota";
import { type Command, parseCommand, UsageError } from "./usage";

const help = `Usage: atoll collection quota SLUG SIZE|none [--dry-run] [--json]

Sets how much a collection may store, counting every version of its files and the trash. Existing files stay.
SIZE is 500MB, 1.5TiB or a number of bytes.

  --dry-run          prints the change without making it
  --json             prints {"collection", "before", "after", "used", "reserved"}, in bytes

Needs DATABASE_URL, or a running \`atoll up\` with the same ATOLL_DATA_DIR.`;

const options = {
  "dry-run": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

export const collection: Command = {
  help,
  async run(args) {
    const { values, positionals } = parseCommand(help, args, { options, allowPositionals: true });
    const [verb, name, size, ...more] = positionals;
    if (verb !== "quota" || name === undefined || size === undefined || more.length > 0)
      throw new UsageError("expected: collection quota SLUG SIZE|none");
    await setQuota({ noun: "collection", name, size, isDryRun: values["dry-run"], isJson: values.json });
    return 0;
  },
};

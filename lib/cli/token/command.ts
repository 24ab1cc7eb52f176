import { type Command, parseCommand, UsageError } from "../usage";
import { createUserToken } from "./create";
import type { Given } from "./given";
import { listTokens } from "./list";
import { revokeUserToken } from "./revoke";

const help = `Usage: atoll token create --user EMAIL --scope SCOPES [--collection SLUG] [--expires 90d] [--name NAME] [--json]
       atoll token list [--user EMAIL] [--json]
       atoll token revoke ID [--dry-run] [--json]

create creates an API token of a user and prints it, once: Atoll keeps only its hash. Nothing else goes to standard output.
list prints tokens in the order of their ids, expired ones among them for 90 days.
revoke ends a token at once.

  --user EMAIL        whose token: it may never do more than this user
  --scope SCOPES      some of read, upload, manage, separated by commas; manage reads, too
  --collection SLUG   the only collection it is good for; without it, all of the user's
  --expires TIME      when it ends: 36h, 90d; without it, never
  --name NAME         tells it apart in lists; "Command line" without it
  --dry-run           prints the change without making it
  --json              prints one JSON document: create {"id", "name", "scopes", "collection", "createdAt",
                      "expiresAt", "lastUsedAt", "token"}; list an array of the same with "user" and without
                      "token"; revoke {"id", "name", "user", "revoked"}

Needs DATABASE_URL, or a running \`atoll up\` with the same ATOLL_DATA_DIR.`;

const options = {
  user: { type: "string" },
  scope: { type: "string" },
  collection: { type: "string" },
  expires: { type: "string" },
  name: { type: "string" },
  "dry-run": { type: "boolean" },
  json: { type: "boolean" },
} as const;

type Option = keyof typeof options;
type Verb = { operands: number; options: readonly Option[]; run(given: Given): Promise<void> };

const verbs: Record<string, Verb> = {
  create: { operands: 0, options: ["user", "scope", "collection", "expires", "name"], run: createUserToken },
  list: { operands: 0, options: ["user"], run: listTokens },
  revoke: { operands: 1, options: ["dry-run"], run: revokeUserToken },
};

export const token: Command = {
  help,
  async run(args) {
    const { values, positionals } = parseCommand(help, args, { options, allowPositionals: true });
    const [name = "", ...operands] = positionals;
    const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
    if (!verb) throw new UsageError(`expected: token ${Object.keys(verbs).join("|")}`);
    const allowed: readonly string[] = [...verb.options, "json"];
    const surplus = Object.keys(values).find((option) => !allowed.includes(option));
    if (surplus !== undefined) throw new UsageError(`token ${name} does not take --${surplus}`);
    if (operands.length !== verb.operands)
      throw new UsageError(`expected: token ${name}${verb.operands > 0 ? " ID" : ""}`);
    const { "dry-run": isDryRun = false, json: isJson = false, ...rest } = values;
    await verb.run({ ...rest, id: operands[0] ?? "", isDryRun, isJson });
    return 0;
  },
};

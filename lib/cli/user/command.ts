import { text } from "node:stream/consumers";
import { invitePerson } from "../invite";
import { setQuota } from "../quota";
import { type Command, parseCommand, UsageError } from "../usage";
import { createAccount } from "./create";
import { listAccounts } from "./list";
import { setAccountPassword } from "./password";
import { changeState } from "./state";

const help = `Usage: atoll user create EMAIL [--admin] [--password-stdin] [--json]
       atoll user invite [EMAIL] [--expires 7d] [--json]
       atoll user list [--json]
       atoll user disable EMAIL [--dry-run] [--json]
       atoll user enable EMAIL [--dry-run] [--json]
       atoll user password EMAIL [--password-stdin] [--dry-run] [--json]
       atoll user quota EMAIL SIZE|none [--dry-run] [--json]

create creates an account; the first of an empty site is an administrator's. Without --password-stdin it has no password and can
sign in only through a provider.
invite prints a link by which one person can create an account, once; with EMAIL, only for this address.
list prints all accounts in the order of their e-mail addresses.
disable keeps a user from signing in and ends their sessions at once. What they uploaded stays. enable reverts it.
password sets a user's password, a generated one without --password-stdin, and ends their sessions. It prints a generated
password once.
quota sets how much a user's uploads may store, counting every version and the trash. Existing files stay.
SIZE is 500MB, 1.5TiB or a number of bytes.

  --admin            makes the user an administrator
  --password-stdin   reads the password from standard input, one line
  --expires TIME     how long the invitation can be used: 36h, 7d (the default), at most 90d
  --dry-run          prints the change without making it
  --json             prints one JSON document: create {"id", "email", "isAdmin"}; invite {"link",
                     "email", "expiresAt"}; list an array of {"id", "email", "name",
                     "isAdmin", "hasPassword", "createdAt", "disabledAt"}; disable, enable and password {"user",
                     "hasChanged", "endedSessions"}, password also "password" where it generated one; quota {"user",
                     "before", "after", "used", "reserved"} in bytes

Needs DATABASE_URL, or a running \`atoll up\` with the same ATOLL_DATA_DIR.`;

const options = {
  admin: { type: "boolean" },
  "password-stdin": { type: "boolean" },
  expires: { type: "string" },
  "dry-run": { type: "boolean" },
  json: { type: "boolean" },
} as const;

type Option = keyof typeof options;
type Given = {
  email: string;
  size: string;
  password: string | undefined;
  expires: string | undefined;
  isAdmin: boolean;
  isDryRun: boolean;
  isJson: boolean;
};
/** `takes`: its operands, those that may be left out in brackets. */
type Verb = { takes: readonly string[]; options: readonly Option[]; run(given: Given): Promise<void> };

const verbs: Record<string, Verb> = {
  create: { takes: ["EMAIL"], options: ["admin", "password-stdin"], run: createAccount },
  invite: {
    takes: ["[EMAIL]"],
    options: ["expires"],
    run: ({ email, expires, isJson }) => invitePerson({ email: email || undefined, expires, isJson }),
  },
  list: { takes: [], options: [], run: listAccounts },
  disable: { takes: ["EMAIL"], options: ["dry-run"], run: (given) => changeState("disable", given) },
  enable: { takes: ["EMAIL"], options: ["dry-run"], run: (given) => changeState("enable", given) },
  password: { takes: ["EMAIL"], options: ["password-stdin", "dry-run"], run: setAccountPassword },
  quota: {
    takes: ["EMAIL", "SIZE|none"],
    options: ["dry-run"],
    run: ({ email, size, isDryRun, isJson }) => setQuota({ noun: "user", name: email, size, isDryRun, isJson }),
  },
};

export const user: Command = {
  help,
  async run(args) {
    const { values, positionals } = parseCommand(help, args, { options, allowPositionals: true });
    const [name = "", ...operands] = positionals;
    const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
    if (!verb) throw new UsageError(`expected: user ${Object.keys(verbs).join("|")}`);
    const allowed: readonly string[] = [...verb.options, "json"];
    const surplus = Object.keys(values).find((option) => !allowed.includes(option));
    if (surplus !== undefined) throw new UsageError(`user ${name} does not take --${surplus}`);
    const needed = verb.takes.filter((operand) => !operand.startsWith("["));
    if (operands.length < needed.length || operands.length > verb.takes.length)
      throw new UsageError(`expected: ${["user", name, ...verb.takes].join(" ")}`);
    const [email = "", size = ""] = operands;
    // One line, as `echo` and password managers write it.
    const password = values["password-stdin"] ? (await text(process.stdin)).replace(/\r?\n$/, "") : undefined;
    const flags = {
      isAdmin: values.admin ?? false,
      isDryRun: values["dry-run"] ?? false,
      isJson: values.json ?? false,
    };
    await verb.run({ email, size, password, expires: values.expires, ...flags });
    return 0;
  },
};

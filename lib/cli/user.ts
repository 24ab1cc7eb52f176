import { text } from "node:stream/consumers";
import { parseEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { setQuota } from "./quota";
import { adoptRunning } from "./running";
import { type Command, parseCommand, UsageError } from "./usage";

const help = `Usage: atoll user create EMAIL [--admin] [--password-stdin] [--json]
       atoll user quota EMAIL SIZE|none [--dry-run] [--json]

create creates an account. Without --password-stdin it has no password and can sign in only through a provider.
quota sets how much a user's uploads may store, counting every version and the trash. Existing files stay.
SIZE is 500MB, 1.5TiB or a number of bytes.

  --admin            makes the user an administrator
  --password-stdin   reads the password from standard input, one line
  --dry-run          prints the change without making it
  --json             prints {"id", "email", "isAdmin"}, or {"user", "before", "after", "used", "reserved"} in bytes

Needs DATABASE_URL, or a running \`atoll up\` with the same ATOLL_DATA_DIR.`;

const options = {
  admin: { type: "boolean", default: false },
  "password-stdin": { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

export const user: Command = {
  help,
  async run(args) {
    const { values, positionals } = parseCommand(help, args, { options, allowPositionals: true });
    const [verb, email, size, ...more] = positionals;
    const { "dry-run": isDryRun, json: isJson } = values;
    const isCreate = verb === "create" && size === undefined && !isDryRun;
    const isQuota = verb === "quota" && size !== undefined && !values.admin && !values["password-stdin"];
    if (email === undefined || more.length > 0 || !(isCreate || isQuota))
      throw new UsageError("expected: user create EMAIL, or user quota EMAIL SIZE|none");
    if (isQuota) {
      await setQuota({ noun: "user", name: email, size, isDryRun, isJson });
      return 0;
    }
    adoptRunning();
    parseEnv(process.env);
    const password = values["password-stdin"] ? (await text(process.stdin)).replace(/\r?\n$/, "") : undefined;
    const created = await create({ email, password, isAdmin: values.admin });
    console.log(isJson ? JSON.stringify(created) : `${created.email} can sign in`);
    return 0;
  },
};

async function create(input: { email: string; password: string | undefined; isAdmin: boolean }) {
  const { createUser } = await import("@/lib/auth/commands");
  const { createUserInput } = await import("@/lib/auth/schema");
  const { mintSystemViewer } = await import("@/lib/auth/viewer");
  const { closeDb } = await import("@/lib/db");
  const parsed = createUserInput.safeParse(input);
  if (!parsed.success) throw new AppError("INVALID", parsed.error.issues.map((issue) => issue.message).join("\n"));
  try {
    const { userId } = await createUser(mintSystemViewer("cli"), parsed.data);
    return { id: userId, email: parsed.data.email, isAdmin: parsed.data.isAdmin };
  } finally {
    await closeDb();
  }
}

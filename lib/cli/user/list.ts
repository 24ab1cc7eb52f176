import type { UserItem } from "@/lib/user/schema";
import { withDatabase } from "./database";

/** Prints all accounts, a page at a time. Throws EnvError. */
export async function listAccounts({ isJson }: { isJson: boolean }): Promise<void> {
  await withDatabase(async (viewer) => {
    const { usersAfter } = await import("@/lib/user/queries");
    let printed = 0;
    for (
      let page = await usersAfter(viewer, "");
      page.length > 0;
      page = await usersAfter(viewer, page.at(-1)?.email ?? "")
    ) {
      for (const item of page) {
        const start = printed === 0 ? "[" : ",";
        await print(isJson ? `${start}\n${JSON.stringify(item)}` : `${lineOf(item)}\n`);
        printed += 1;
      }
    }
    if (isJson) await print(printed === 0 ? "[]\n" : "\n]\n");
    else if (printed === 0) await print("No accounts yet\n");
  });
}

function lineOf({ email, name, isAdmin, disabledAt, hasPassword }: UserItem): string {
  const notes = [
    isAdmin && "administrator",
    !hasPassword && "no password",
    disabledAt && `disabled ${disabledAt.slice(0, 10)}`,
  ];
  return [email, name ?? "", notes.filter(Boolean).join(", ")].join("\t").trimEnd();
}

/** Waits until the text is written: a pipe may be slower than the database. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));
}

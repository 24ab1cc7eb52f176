import type { UserItem } from "@/lib/user/schema";

import { printList } from "../print-list";
import { withDatabase } from "../settings/database";

/** Prints all accounts, a page at a time. Throws EnvError. */
export async function listAccounts({ isJson }: { isJson: boolean }): Promise<void> {
  await withDatabase(async (viewer) => {
    const { usersAfter } = await import("@/lib/user/queries");
    await printList<UserItem>({
      pageAfter: (last) => usersAfter(viewer, last?.email ?? ""),
      lineOf,
      none: "No accounts yet",
      isJson,
    });
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

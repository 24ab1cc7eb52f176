import type { AccountChange } from "@/lib/user/commands";

type Given = { email: string; isDryRun: boolean; isJson: boolean };

/** Prints what happened to an account: as a sentence, or as JSON with `more`. */
export function printChange(done: string, change: AccountChange, { email, isDryRun, isJson }: Given, more = {}): void {
  const { hasChanged, endedSessions } = change;
  const sessions = `${endedSessions} ${endedSessions === 1 ? "session" : "sessions"}`;
  if (isJson) console.log(JSON.stringify({ user: email, ...change, ...more }));
  else if (!hasChanged) console.log(`${email}: ${done} already`);
  else if (isDryRun) console.log(`${email}: would be ${done}, ${sessions} would end (dry run)`);
  else console.log(`${email}: ${done}, ${sessions} ended`);
}

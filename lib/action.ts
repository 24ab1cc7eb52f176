import "server-only";
import { isRedirectError } from "next/dist/client/components/redirect-error";
import { headers } from "next/headers";
import type { z } from "zod";
import { requireOwnOrigin } from "./auth/own-origin";
import { currentViewer } from "./auth/session";
import type { Viewer } from "./auth/viewer";
import { spendCall } from "./budget/commands";
import { formCost } from "./budget/policy";
import { AppError, type ErrorCode, type FieldIssue, toAppError } from "./errors";

export type ActionError = { code: ErrorCode; message: string; issues: readonly FieldIssue[] };
export type ActionResult<T> = { ok: true; value: T } | { ok: false; error: ActionError };

const maxPathLength = 200;

/** For the person who sees a page still: the messages of commands are for programs, too. */
const signedOut = "You are signed out. Sign in in another tab, then try again here.";

/**
 * Validates input against a schema. Rejects text that is not Unicode (lone surrogates) or has a NUL, in any field, because
 * PostgreSQL cannot store it. Throws AppError INVALID with one issue per failing field.
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const path = unstorableText(input);
  if (path !== null) {
    const message = "This text has characters that cannot be stored. Remove them and try again.";
    throw new AppError("INVALID", message, { issues: [{ path: path.slice(0, maxPathLength), message }] });
  }
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap(issuesOf);
  throw new AppError(
    "INVALID",
    issues[0]?.message ?? "The form has an invalid value. Check the fields and try again.",
    { issues },
  );
}

/** A field that is not known is named by its own path. */
function issuesOf(issue: z.core.$ZodIssue): FieldIssue[] {
  const path = (more: PropertyKey[]) => [...issue.path, ...more].join(".").slice(0, maxPathLength);
  if (issue.code !== "unrecognized_keys") return [{ path: path([]), message: issue.message }];
  return issue.keys.map((key) => ({ path: path([key]), message: "There is no such field here." }));
}

/** Returns the path of the first text that cannot be stored, names of fields included; null when there is none. */
function unstorableText(input: unknown): string | null {
  // Not recursive: a body may be nested deeper than the call stack.
  const left: { path: string; value: unknown }[] = [{ path: "", value: input }];
  // The arguments of an action may refer to themselves.
  const seen = new Set<object>();
  for (let next = left.pop(); next; next = left.pop()) {
    const { path, value } = next;
    if (typeof value === "string" && (!value.isWellFormed() || value.includes("\0"))) return path;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const [name, inner] of Object.entries(value)) {
      if (!name.isWellFormed() || name.includes("\0")) return path;
      left.push({ path: path === "" ? name : `${path}.${name}`, value: inner });
    }
  }
  return null;
}

/**
 * Runs a server action: the one way into all of them. Only pages of this site may call it (Next itself lets requests without an
 * Origin pass, and believes X-Forwarded-Host), and each call is spent from the viewer's budget, a visitor's from the network's.
 * Converts thrown errors to `{ ok: false }`; rethrows Next's redirects. Logs unexpected errors.
 */
export async function runAction<T>(run: (viewer: Viewer) => Promise<T>): Promise<ActionResult<T>> {
  try {
    requireOwnOrigin(await headers());
    const viewer = await currentViewer();
    await spendCall(viewer, formCost);
    return { ok: true, value: await run(viewer) };
  } catch (error) {
    if (isRedirectError(error)) throw error;
    const { code, message, issues, cause } = toAppError(error);
    if (code === "INTERNAL") console.error("action failed", cause);
    return { ok: false, error: { code, message: code === "UNAUTHENTICATED" ? signedOut : message, issues } };
  }
}

/** Shown where the site does not answer a form. */
export const unreachable = "The site could not be reached. Check your connection and try again.";

type Unreached = { ok: false; error: { code: "UNREACHABLE"; message: string; issues: readonly [] } };

/**
 * Returns what an action answers, or that no answer came. Uncaught, its error would show the error page in place of the form, and what
 * was typed would be lost.
 */
export async function reached<Result>(answer: Promise<Result>): Promise<Result | Unreached> {
  try {
    return await answer;
  } catch {
    return { ok: false, error: { code: "UNREACHABLE", message: unreachable, issues: [] } };
  }
}

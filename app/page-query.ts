import "server-only";
import { notFound, redirect } from "next/navigation";
import { unavailableDigest } from "@/components/ui/failure-digest";
import { toAppError } from "@/lib/errors";
import { routes } from "@/lib/routes";

/** The edge of a page: missing becomes the not-found page, no session the sign-in page, the rest the error page. */
export async function pageQuery<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === "NOT_FOUND") notFound();
    if (error.code === "UNAUTHENTICATED") redirect(routes.signIn());
    // Of a server error only the digest reaches the browser: it says which words to show.
    if (error.code === "UNAVAILABLE") throw Object.assign(new Error(error.message), { digest: unavailableDigest });
    throw thrown;
  }
}

import "server-only";
import { notFound, redirect } from "next/navigation";
import { unavailableDigest } from "@/components/ui/message/failure-digest";
import { toAppError } from "@/lib/errors";
import { routes } from "@/lib/routes";

/** Converts a query's error for a page: NOT_FOUND to the not-found page, UNAUTHENTICATED to sign-in, others to the error page. */
export async function pageQuery<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === "NOT_FOUND") notFound();
    if (error.code === "UNAUTHENTICATED") redirect(routes.signIn());
    // Only the digest of a server error reaches the browser. It selects the text to show.
    if (error.code === "UNAVAILABLE") throw Object.assign(new Error(error.message), { digest: unavailableDigest });
    throw thrown;
  }
}

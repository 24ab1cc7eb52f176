import { routes } from "@/lib/routes";

const baseUrl = "http://site.invalid";

/**
 * Returns the path to open after sign-in: `requested` if it is a path of this site, else the collections. Prevents open
 * redirects.
 */
export function nextPath(requested: string | string[] | undefined): string {
  if (typeof requested !== "string" || !requested.startsWith("/")) return routes.collections();
  // Browsers read "//host", "/\host" and "/<tab>/host" as another site, so the URL parser decides.
  if (!URL.canParse(requested, baseUrl)) return routes.collections();
  const url = new URL(requested, baseUrl);
  if (url.origin !== baseUrl || url.pathname.startsWith("//")) return routes.collections();
  return url.pathname + url.search + url.hash;
}

import { routes } from "@/lib/routes";

const somewhere = "http://site.invalid";

/** Where to go after signing in: a path of this site, whatever the address asked for. */
export function nextPath(asked: string | string[] | undefined): string {
  if (typeof asked !== "string" || !asked.startsWith("/")) return routes.collections();
  // Browsers read "//host", "/\host" and "/<tab>/host" as another site: what the parser makes of it decides.
  if (!URL.canParse(asked, somewhere)) return routes.collections();
  const url = new URL(asked, somewhere);
  if (url.origin !== somewhere || url.pathname.startsWith("//")) return routes.collections();
  return url.pathname + url.search + url.hash;
}

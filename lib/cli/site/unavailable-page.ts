import type { ServerResponse } from "node:http";

const retryAfterSeconds = 5;

// Self-contained: needs no script, font or other file of the site. Reloads itself.
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${retryAfterSeconds}">
<title>Atoll is temporarily unavailable</title>
<style>
:root { color-scheme: light dark }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; box-sizing: border-box;
  font: 16px/1.6 system-ui, sans-serif; background: light-dark(#f8fafb, #0b1218); color: light-dark(#17242d, #dfe8ee) }
main { max-width: 30rem }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .75rem }
p { margin: 0 0 .75rem; color: light-dark(#4a5b66, #9fb1bd) }
</style>
</head>
<body>
<main>
<h1>Atoll cannot reach its database right now</h1>
<p>Your media and saved changes are safe.</p>
<p>This page reloads every few seconds. Please wait.</p>
</main>
</body>
</html>
`;

export function answerUnavailable(res: ServerResponse): void {
  res.writeHead(503, {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Retry-After": String(retryAfterSeconds),
  });
  res.end(page);
}

/** Tells whether a URL is a page. Static files do not need the database, and API routes handle its outage themselves. */
export function isPage(url: string): boolean {
  const [path = "/"] = url.split("?");
  if (path.startsWith("/_next/") || path.startsWith("/api/")) return false;
  return !/\.[a-z0-9]+$/i.test(path);
}

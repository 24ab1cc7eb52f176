import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Whom and what a walk asks about. */
export type Subject = { slug: string; mediaId: string; otherMediaId: string; uploadId: string; fileId: string };
export type Answer = { name: string; status: number; headers: string; body: Buffer };

const app = path.resolve(import.meta.dirname, "../../../app");
const variants = ["thumb", "card", "preview", "original"];

/** The values of a route's parameter, by its name and what stands before it. Throws Error for one that this walk does not know. */
function valuesOf(parameter: string, before: string, subject: Subject): string[] {
  const of: Record<string, string[]> = {
    "[slug]": [subject.slug],
    "[mediaId]": [subject.mediaId],
    "[variant]": variants,
    "[fileId]": [subject.fileId],
    "[...nextauth]": ["session", "csrf", "providers"],
    "media/[id]": [subject.mediaId],
    "uploads/[id]": [subject.uploadId],
    // No session, token or person has this id.
    "sessions/[id]": [subject.uploadId],
    "tokens/[id]": [subject.uploadId],
    "[userId]": [subject.uploadId],
    "[...path]": ["there-is-no-such-call"],
  };
  const values = of[`${before}/${parameter}`] ?? of[parameter];
  if (!values)
    throw new Error(`A new parameter of a route, ${before}/${parameter}: say in this table what the walk puts there.`);
  return values;
}

function pathsOf(file: string, subject: Subject): string[] {
  const segments = path.dirname(file).split("/");
  let paths = [""];
  for (const [index, segment] of segments.entries()) {
    if (segment === "." || segment.startsWith("(")) continue;
    const values = segment.startsWith("[") ? valuesOf(segment, segments[index - 1] ?? "", subject) : [segment];
    paths = paths.flatMap((one) => values.map((value) => `${one}/${value}`));
  }
  return paths.map((one) => one || "/");
}

type Ask = { method: string; path: string; headers?: Record<string, string> };

/** The ways in which the site's own pages ask for a page: whole, as data, and in advance. */
const pageHeaders: Record<string, string>[] = [
  {},
  { rsc: "1" },
  { rsc: "1", "next-router-prefetch": "1" },
  { rsc: "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/_tree" },
];

/** Returns a request for every page and every method of every route handler in app/, with what it may be asked. */
function asksOf(subject: Subject): Ask[] {
  const files = readdirSync(app, { recursive: true, encoding: "utf8" });
  const pages = files.filter((file) => /(^|\/)page\.tsx$/.test(file));
  const handlers = files.filter((file) => /(^|\/)route\.ts$/.test(file));
  return [
    ...pages.flatMap((file) =>
      pathsOf(file, subject).flatMap((one) => pageHeaders.map((headers) => ({ method: "GET", path: one, headers }))),
    ),
    ...handlers.flatMap((file) => {
      const methods = readFileSync(path.join(app, file), "utf8").matchAll(
        /\b(GET|POST|PUT|PATCH|DELETE)\b(?= =|,| })/g,
      );
      return [...new Set([...methods].map(([method]) => method))].flatMap((method) =>
        pathsOf(file, subject).map((one) => ({ method, path: one })),
      );
    }),
    ...variants.map((variant) => ({ method: "GET", path: `/api/v1/media/${subject.mediaId}/${variant}?download=1` })),
    ...[subject.mediaId, `${subject.mediaId},${subject.otherMediaId}`].map((ids) => ({
      method: "GET",
      path: `/api/v1/collections/${subject.slug}/media?ids=${ids}`,
    })),
    { method: "GET", path: `/api/v1/collections/${subject.slug}/media?limit=25` },
    { method: "GET", path: `/c/${subject.slug}/${subject.otherMediaId}` },
    { method: "GET", path: `/api/v1/uploads/${subject.uploadId}/receipt?format=bagit` },
  ];
}

const maxRedirects = 3;

/**
 * Sends every request there is about a collection, follows cursors, redirects and signed URLs to the storage, and yields the
 * answers. `cookie` is that of the person who asks, and who then only reads.
 */
export async function* walk(site: string, subject: Subject, cookie = ""): AsyncGenerator<Answer> {
  const signed = new Set<string>();
  const asks = asksOf(subject).filter(({ method }) => cookie === "" || method === "GET");
  for (const ask of asks) {
    for await (const answer of follow(site, ask, cookie)) {
      yield answer;
      for (const url of signedUrls(answer)) signed.add(url);
    }
  }
  for (const url of signed) yield await send(url, { method: "GET", path: "" }, "");
}

/** Yields the answer, those of its redirects within the site, and those of the next pages of a list. */
async function* follow(site: string, ask: Ask, cookie: string): AsyncGenerator<Answer> {
  let next: Ask | null = ask;
  for (let redirects = 0; next; ) {
    const answer = await send(site + next.path, next, cookie);
    yield answer;
    next = null;
    const location = /^location: (.*)$/m.exec(answer.headers)?.[1];
    const target = location === undefined ? null : new URL(location, site);
    if (target?.origin === site && redirects < maxRedirects) {
      redirects += 1;
      next = { ...ask, path: target.pathname + target.search };
    }
    const cursor = /"nextCursor":"([^"]+)"/.exec(answer.body.toString())?.[1];
    if (cursor && ask.path.includes("limit=")) next = { ...ask, path: `${ask.path}&cursor=${cursor}` };
  }
}

/** The exception of docs/security.md: S3 says of each object when it was stored, of a thumbnail when it was made. */
const isAlwaysTold = (header: string, url: string): boolean =>
  header === "date" || (header === "last-modified" && new URL(url).pathname.includes("/derived/"));

async function send(url: string, { method, headers }: Ask, cookie: string): Promise<Answer> {
  const { origin } = new URL(url);
  const isRead = method === "GET";
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: { ...headers, cookie, ...(isRead ? {} : { origin, "content-type": "application/json" }) },
    ...(isRead ? {} : { body: "{}" }),
  });
  const told = [...response.headers].filter(([name]) => !isAlwaysTold(name, url)).map((pair) => pair.join(": "));
  return {
    name: [method, url.replace(/\?X-Amz.*/, "?…"), ...Object.keys(headers ?? {})].join(" "),
    status: response.status,
    headers: told.join("\n"),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

function signedUrls({ headers, body }: Answer): string[] {
  const text = `${headers}\n${body.toString()}`.replaceAll("&amp;", "&").replaceAll("\\u0026", "&");
  return text.match(/https?:\/\/[^\s"'<>\\,]+X-Amz-Signature=[^\s"'<>\\,]+/g) ?? [];
}

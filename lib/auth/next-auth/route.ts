import "server-only";
import type { NextApiRequest, NextApiResponse } from "next";
import NextAuth from "next-auth";
import { spendCall } from "@/lib/budget/commands";
import { env } from "@/lib/env";
import { AppError, errorStatus, notFound, toAppError } from "@/lib/errors";
import { route } from "@/lib/http";
import { routes } from "@/lib/routes";
import { cookieLine, type SiteCookie, siteCookieName } from "../cookies";
import { deviceOf } from "../device";
import { sessionOfCookies, signOut } from "../live-session";
import { cookiesOf, originOf } from "../session";
import { type Cookies, cookiesForNextAuth, sessionIdIn, settledCookies } from "../session-cookies";
import { deviceWords } from "../user-agent";
import { mintAnonymousViewer } from "../viewer";
import { authOptions } from "./options";

const maxBodyBytes = 64 * 1024;
const invitationLifeSeconds = 15 * 60;
type Fields = Record<string, string>;

/** Handles /api/auth/*: adapts next-auth's handler for Node requests to the Request and Response of the Fetch API. */
export const handleAuth = route(async (request: Request): Promise<Response> => {
  // next-auth reads the site's URL from this variable only.
  // biome-ignore lint/style/noProcessEnv: set for next-auth from env()
  process.env.NEXTAUTH_URL = env().ATOLL_URL;
  const url = new URL(request.url);
  const nextauth = url.pathname.split("/").slice(3);
  const [action = ""] = nextauth;
  // next-auth's browser code posts its errors here. Ignored: anyone could write to the log.
  if (action === "_log") return new Response(null, { status: 204 });
  // Credentials are posted: next-auth would answer with 500.
  if (nextauth.join("/") === "callback/credentials" && request.method !== "POST") throw notFound("address");

  const recorder = new ResponseRecorder();
  const origin = originOf(request.headers);
  try {
    if (asksProvider(request.method, nextauth)) await spendCall(mintAnonymousViewer(origin));
  } catch (thrown) {
    return recorder.refuse(request.method, toAppError(thrown));
  }
  const body = request.method === "POST" ? await readFields(request) : {};
  const jar = cookiesOf(request);
  const session = action === "session" ? await sessionOfCookies(jar) : null;
  const sessionId = await sessionIdIn(jar);
  const device = deviceOf(jar);
  let failure: AppError | undefined;
  let isSigningOut = false;
  await NextAuth(
    {
      method: request.method,
      headers: Object.fromEntries(request.headers),
      // next-auth trusts any session it can decrypt. On a provider's callback it would link the account to the session's user.
      cookies: cookiesForNextAuth(jar, session !== null || action === "signout"),
      query: { ...Object.fromEntries(url.searchParams), nextauth },
      body,
    } as unknown as NextApiRequest,
    recorder as unknown as NextApiResponse,
    authOptions({
      ...{ origin, device, session, sessionId, invitation: jar[invitationCookie()] },
      deviceWords: deviceWords(request.headers.get("user-agent")),
      onError: (error) => {
        failure ??= error;
      },
      onSignOut: () => {
        isSigningOut = true;
      },
    }),
  );
  // After next-auth, which would log an error of this and go on to remove the cookie of a session that has not ended.
  if (isSigningOut && sessionId) await signOut(sessionId, origin);
  const fate = session ? "alive" : action === "session" ? "ended" : "as set";
  const response = recorder.toResponse(failure, (lines) => settledCookies(lines, jar, fate));
  for (const cookie of [invitationAfter(request.method, nextauth, body, jar), device.cookie()])
    if (cookie) response.headers.append("set-cookie", cookieLine(cookie));
  return response;
});

const invitationCookie = () => siteCookieName("atoll-invitation");

/**
 * Returns the cookie that keeps an invitation while its person is at the provider. Removed when they are back, or leave without
 * one: the next person at this browser must not come with the invitation of another.
 */
function invitationAfter(method: string, nextauth: readonly string[], body: Fields, jar: Cookies): SiteCookie | null {
  if (!asksProvider(method, nextauth)) return null;
  const name = invitationCookie();
  const { invitation = "" } = nextauth[0] === "signin" ? body : {};
  if (/^[\w-]+$/.test(invitation)) return { name, value: invitation, maxAge: invitationLifeSeconds };
  return jar[name] === undefined ? null : { name, value: "", maxAge: 0 };
}

/**
 * Tells whether a request has a provider asked. A password's is counted where it is checked, by account and device. Others read, or
 * end a session, which a network's budget must not prevent.
 */
function asksProvider(method: string, [action, provider]: readonly string[]): boolean {
  return provider !== "credentials" && (action === "callback" || (action === "signin" && method === "POST"));
}

/** Returns the fields of a form or the string values of a JSON object. Throws TOO_LARGE, INVALID. */
async function readFields(request: Request): Promise<Fields> {
  const text = await readText(request);
  if (!request.headers.get("content-type")?.includes("application/json")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    const given: unknown = JSON.parse(text);
    const fields = Object.entries(given ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    );
    return Object.fromEntries(fields);
  } catch (cause) {
    throw new AppError("INVALID", "The request body is not valid JSON.", { cause });
  }
}

async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBodyBytes)
      throw new AppError("TOO_LARGE", `A sign-in request may have at most ${maxBodyBytes / 1024} KiB.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Implements the part of Node's response that next-auth writes to, and converts it to a Response. */
class ResponseRecorder {
  #status = 200;
  #headers = new Headers();
  #cookies: string[] = [];
  #body: string | null = null;

  status(code: number): this {
    this.#status = code;
    return this;
  }

  getHeader(name: string): string[] | string | null {
    return name === "Set-Cookie" ? this.#cookies : this.#headers.get(name);
  }

  setHeader(name: string, value: string | string[]): this {
    if (name === "Set-Cookie") this.#cookies = [value].flat();
    else this.#headers.set(name, String(value));
    return this;
  }

  json(body: unknown): void {
    this.#headers.set("content-type", "application/json");
    this.#body = JSON.stringify(body);
  }

  send(body: unknown): void {
    if (typeof body === "string") this.#body = body;
    else if (body !== undefined) this.json(body);
  }

  end(): void {}

  /** Builds the response to a request that was not handled: a form's script follows `url`, a browser the redirect. */
  refuse(method: string, failure: AppError): Response {
    if (method === "POST") this.json({ url: routes.signIn() });
    else this.status(302).setHeader("location", routes.signIn());
    return this.toResponse(failure, (lines) => [...lines]);
  }

  /** Builds the response with the cookies that `settle` returns. `failure` sets its status and the `error` parameter of the sign-in page. */
  toResponse(failure: AppError | undefined, settle: (lines: readonly string[]) => string[]): Response {
    if (failure) this.#apply(failure);
    for (const cookie of settle(this.#cookies)) this.#headers.append("set-cookie", cookie);
    if (!this.#headers.has("cache-control")) this.#headers.set("cache-control", "private, no-store");
    return new Response(this.#body, { status: this.#status, headers: this.#headers });
  }

  #apply(failure: AppError): void {
    if (failure.code === "INTERNAL") console.error("sign-in failed", failure.cause);
    const location = this.#headers.get("location");
    if (location) return void this.#headers.set("location", withError(location, failure.code));
    const { url } = JSON.parse(this.#body ?? "{}") as { url?: string };
    if (url) this.json({ url: withError(url, failure.code) });
    this.#status = errorStatus[failure.code];
    if (failure.retryAfterSeconds) this.#headers.set("retry-after", String(failure.retryAfterSeconds));
  }
}

function withError(address: string, code: string): string {
  const url = new URL(address, env().ATOLL_URL);
  url.searchParams.set("error", code);
  return url.href;
}

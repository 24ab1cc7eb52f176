import "server-only";
import type { z } from "zod";
import { parseInput } from "@/lib/action";
import { requireOwnOrigin } from "@/lib/auth/own-origin";
import { signedIn, viewerOf } from "@/lib/auth/session";
import { lacksScope, type UserViewer, type Viewer } from "@/lib/auth/viewer";
import { spendCall } from "@/lib/budget/commands";
import { AppError } from "@/lib/errors";
import { json, problem, requireNoTokenInUrl, route } from "@/lib/http";
import { readBody } from "./body";
import {
  type BodyOf,
  type Call,
  isWriting,
  type Method,
  methods,
  type ParamsOf,
  paramNames,
  type QueryOf,
} from "./call";
import { crossOrigin } from "./cross-origin";
import { setRateLimit, setRateLimitPolicy } from "./rate-limit";

type ViewerOf<C extends Call> = C["who"] extends "anyone" ? Viewer : UserViewer;

/** A request that was checked: who makes it, and what it says in the call's own shapes. */
type Asked<C extends Call> = {
  viewer: ViewerOf<C>;
  params: ParamsOf<C>;
  query: QueryOf<C>;
  body: BodyOf<C>;
  request: Request;
  /** The `Idempotency-Key`, for a call that takes one. */
  key: string | undefined;
  /** The `If-Match`, for a call that takes one. */
  ifMatch: string | undefined;
  /** More headers of a successful answer, like ETag and Location. */
  headers: Headers;
};

/** The answer of a call that has one, nothing for 204, and a `Response` for what is not JSON: a stream, or a redirection. */
type Answered<C extends Call> = C["answer"] extends z.ZodType
  ? Promise<z.input<C["answer"]>>
  : C["status"] extends 204
    ? Promise<void>
    : Promise<Response>;
type Handle<C extends Call> = (asked: Asked<C>) => Answered<C>;
type Context = { params: Promise<Record<string, string>> };
type Handler = (request: Request, context?: Context) => Promise<Response>;

/**
 * Returns the route handler of a call, which checks the request in this order: a token in the URL, who makes it, the token's scope, the
 * page it comes from (cookies only), the budgets, parameters, query and body. What is thrown is answered as a problem (RFC 9457).
 */
export function serve<C extends Call>(call: C, handle: Handle<C>): Handler {
  return crossOrigin(async (request: Request, context?: Context) => {
    const headers = new Headers();
    try {
      requireNoTokenInUrl(request.url);
      const viewer = await admit(call, request);
      if (isSpent(call, viewer)) {
        setRateLimitPolicy(headers, viewer);
        setRateLimit(headers, await spendCall(viewer, call.cost));
      }
      const asked = {
        ...(await parse(call, request, (await context?.params) ?? {})),
        viewer: viewer as ViewerOf<C>,
        request,
        headers,
      };
      return answer(call, headers, await handle(asked));
    } catch (error) {
      return problem(request, error, headers);
    }
  });
}

/** What a browser's page reads is not counted: its pages are many small reads of one person. */
function isSpent(call: Call, viewer: Viewer): boolean {
  return viewer.kind === "user" && (viewer.token !== undefined || isWriting(call));
}

const tokenOnly = "This call is for programs. Send an API token: Authorization: Bearer atoll_….";
const sessionOnly = "This call is not for API tokens. Sign in on the site for it.";

/** Returns the viewer of a request, once they may make the call at all. Throws UNAUTHENTICATED, SCOPE, ORIGIN. */
async function admit(call: Call, request: Request): Promise<Viewer> {
  const viewer = await viewerOf(request);
  if (call.who === "anyone" && viewer.kind !== "user") return viewer;
  const user = signedIn(viewer);
  if (call.who === "session" && user.token) throw new AppError("SCOPE", sessionOnly);
  if (call.who === "token" && !user.token) throw new AppError("UNAUTHENTICATED", tokenOnly);
  if (user.token) {
    const { scopes } = user.token;
    if (call.scopes.length > 0 && !call.scopes.some((scope) => scopes.includes(scope)))
      throw new AppError("SCOPE", lacksScope(call.scopes), { scopes: call.scopes });
  } else if (isWriting(call)) requireOwnOrigin(request.headers);
  return user;
}

async function parse<C extends Call>(call: C, request: Request, given: Record<string, string>) {
  const { searchParams } = new URL(request.url);
  const params = Object.fromEntries(paramNames(call.path).map((name) => [name, given[name] ?? ""]));
  const query = queryOf(call, searchParams);
  const sent = call.body || call.method !== "GET" ? await readBody(request) : undefined;
  if (!call.body && sent !== undefined) throw new AppError("INVALID", "This call takes no body.");
  return {
    params: params as ParamsOf<C>,
    query: query as QueryOf<C>,
    body: (call.body ? parseInput(call.body, sent ?? {}) : undefined) as BodyOf<C>,
    key: headerOf(request, "idempotency-key", call.takesKey),
    ifMatch: headerOf(request, "if-match", call.takesIfMatch),
  };
}

/** A header that the call does not honour is refused: who sends it relies on it. */
function headerOf(request: Request, name: string, isTaken: true | undefined): string | undefined {
  const value = request.headers.get(name) ?? undefined;
  if (value === undefined || isTaken) return value;
  throw new AppError("INVALID", `This call does not take the header ${name}.`);
}

function queryOf(call: Call, searchParams: URLSearchParams): unknown {
  const seen = new Set<string>();
  const twice = [...searchParams.keys()].find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) {
    const message = "This parameter is there twice.";
    throw new AppError("INVALID", message, { issues: [{ path: twice, message }] });
  }
  const sent = Object.fromEntries(searchParams);
  if (call.query) return parseInput(call.query, sent);
  const [surplus] = Object.keys(sent);
  if (surplus === undefined) return undefined;
  const message = "This call does not know the parameter.";
  throw new AppError("INVALID", message, { issues: [{ path: surplus, message }] });
}

function answer(call: Call, headers: Headers, value: unknown): Response {
  const response =
    value instanceof Response
      ? value
      : call.status === 204
        ? new Response(null, { status: 204, headers: { "cache-control": "private, no-store" } })
        : json(value, call.status);
  for (const [name, text] of headers) response.headers.set(name, text);
  return response;
}

const noCall = crossOrigin(
  route(async (request: Request) => {
    requireNoTokenInUrl(request.url);
    throw new AppError("NOT_FOUND", "There is no such call. GET /api/v1/openapi.json lists all.");
  }),
);

/** The handlers of paths that no call has. */
export const unknownPath = { GET: noCall, POST: noCall, PUT: noCall, PATCH: noCall, DELETE: noCall, OPTIONS: noCall };

type Handlers = Partial<Record<Method, Handler>>;

/** Returns the handlers of a path: for methods it does not have, a problem that names those it has. */
export function routesOf(handlers: Handlers): Record<Method | "OPTIONS", Handler> {
  const allowed = [...methods.filter((method) => handlers[method]), ...(handlers.GET ? ["HEAD"] : []), "OPTIONS"].join(
    ", ",
  );
  const allow = new Headers({ allow: allowed });
  const refuse: Handler = crossOrigin(async (request) =>
    problem(request, new AppError("METHOD", `There is no ${request.method} here, but ${allowed}.`), allow),
  );
  const all = Object.fromEntries(methods.map((method) => [method, handlers[method] ?? refuse]));
  const options: Handler = crossOrigin(async () => new Response(null, { status: 204, headers: allow }));
  return { ...(all as Record<Method, Handler>), OPTIONS: options };
}

import type { z } from "zod";
import type { Scope } from "@/lib/auth/token/policy";

export const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = (typeof methods)[number];

/**
 * Who may make a call: `anyone`, a visitor included, sees what is open to them; `user` needs a session or a token; `session` a session,
 * so that a token can neither make others nor end sessions; `token` a token.
 */
type Who = "anyone" | "user" | "session" | "token";

/** One call of the HTTP API: what parses it, what it answers, and what the reference says of it. */
export type Call = {
  /** The operation's name in `openapi.json` and in `lib/client`. */
  id: string;
  method: Method;
  /** Below `/api/v1`, with its parameters in braces. */
  path: `/${string}`;
  /** The section of the reference. */
  section: string;
  summary: string;
  description?: string;
  who: Who;
  /** A token needs one of these. None: any token will do. */
  scopes: readonly Scope[];
  /** All query parameters; others are refused. Each may be given once. */
  query?: z.ZodObject;
  /** The JSON body. Unknown fields are refused at every depth. */
  body?: z.ZodType;
  /** The status of a success: 204 and 302 have no body. */
  status: 200 | 201 | 202 | 204 | 302;
  answer?: z.ZodType;
  /** The content types of an answer that is not JSON. */
  answersAs?: readonly string[];
  /** Creates something: takes an `Idempotency-Key`. */
  takesKey?: true;
  /** Changes something that has an `ETag`: takes `If-Match`. */
  takesIfMatch?: true;
  /** Changes nothing, although it is not a GET: what it asks for does not fit into a URL. */
  isSafe?: true;
  /** In ordinary calls of the budgets; 1 where it is not said. */
  cost?: number;
};

/** The names in braces of a path. */
type ParamOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | ParamOf<Rest> : never;

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
export type ParamsOf<C extends Call> = { readonly [Name in ParamOf<C["path"]>]: string };
export type QueryOf<C extends Call> = Output<C["query"]>;
export type BodyOf<C extends Call> = Output<C["body"]>;

/** Returns the call as it is, with its types. */
export function defineCall<const C extends Call>(call: C): C {
  return call;
}

/** Whether a call may change something. */
export function isWriting({ method, isSafe }: Call): boolean {
  return method !== "GET" && !isSafe;
}

/** Returns the names of a path's parameters, in their order. */
export function paramNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}

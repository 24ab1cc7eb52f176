import { z } from "zod";
import { errorStatus } from "@/lib/errors";
import { type Call, paramNames } from "./call";
import { allCalls } from "./calls/all";
import { names } from "./calls/names";

/** A JSON Schema of draft 2020-12, which OpenAPI 3.1 takes as it is. */
type Json = { [name: string]: unknown };

const bearer = "token";
const cookie = "session";

/** What stands in a path. All are texts: what is not there, or not seen, is 404. */
const params: Record<string, Json> = {
  slug: { type: "string", pattern: "^[a-z0-9]+(-[a-z0-9]+)*$", maxLength: 64 },
  variant: { type: "string", enum: ["thumb", "preview", "original"] },
};
const id: Json = { type: "string", format: "uuid" };

/**
 * Returns the API as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0), made of the shapes that parse the requests.
 * `siteUrl` is an origin.
 */
export function openApi(siteUrl: string): Json {
  const schemas: Json = { Problem: problem };
  const shape = (schema: z.ZodType, io: "input" | "output") => hoisted(schema, io, schemas);
  const paths: Record<string, Json> = {};
  for (const call of allCalls) {
    paths[call.path] = { ...paths[call.path], [call.method.toLowerCase()]: operation(call, shape) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Atoll", version: "1", description: "Private media on your own S3 bucket." },
    servers: [{ url: `${siteUrl}/api/v1` }],
    tags: [...new Set(allCalls.map(({ section }) => section))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        [bearer]: { type: "http", scheme: "bearer", description: "An API token, atoll_…" },
        [cookie]: {
          type: "apiKey",
          in: "cookie",
          name: "next-auth.session-token",
          description: "Of a browser. Writes need the site's own Origin. On https the name begins with __Host-.",
        },
      },
    },
  };
}

type Shape = (schema: z.ZodType, io: "input" | "output") => Json;

function operation(call: Call, shape: Shape): Json {
  const { id: operationId, section, summary, description, scopes, who, status } = call;
  const needed = scopes.length > 0 ? `A token needs the scope ${scopes.join(" or ")}.` : "";
  return {
    operationId,
    tags: [section],
    summary,
    ...(description || needed ? { description: [description, needed].filter(Boolean).join(" ") } : {}),
    security: [
      ...(who === "session" ? [] : [{ [bearer]: [] }]),
      ...(who === "token" ? [] : [{ [cookie]: [] }]),
      ...(who === "anyone" ? [{}] : []),
    ],
    parameters: [...pathParameters(call), ...queryParameters(call, shape), ...headerParameters(call)],
    ...(call.body
      ? { requestBody: { required: true, content: { "application/json": { schema: shape(call.body, "input") } } } }
      : {}),
    responses: {
      [status]: { description: "Done", ...headersOf(call), ...contentOf(call, shape) },
      default: {
        description: "What went wrong, and what to do (RFC 9457)",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

function pathParameters({ path }: Call): Json[] {
  return paramNames(path).map((name) => ({ name, in: "path", required: true, schema: params[name] ?? id }));
}

function queryParameters({ query }: Call, shape: Shape): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = shape(query, "input") as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema: asText(schema as Json),
  }));
}

/** In a URL a coerced number may come as anything; what it must be is said by its output. */
function asText(schema: Json): Json {
  return Object.keys(schema).length === 0 ? { type: "string" } : schema;
}

function headerParameters({ takesKey, takesIfMatch }: Call): Json[] {
  const header = (name: string, schema: Json, description: string) => ({ name, in: "header", schema, description });
  return [
    ...(takesKey
      ? [
          header(
            "Idempotency-Key",
            { type: "string", minLength: 1, maxLength: 255 },
            "The same key and body within 24 hours: the same thing, created once. While it runs: 409.",
          ),
        ]
      : []),
    ...(takesIfMatch
      ? [header("If-Match", { type: "string" }, "The ETag that was read: 412 where it was edited since.")]
      : []),
  ];
}

function headersOf({ status, answer }: Call): Json {
  if (status === 302) return { headers: { Location: { schema: { type: "string", format: "uri" } } } };
  return answer && names.etagged.includes(answer) ? { headers: { ETag: { schema: { type: "string" } } } } : {};
}

function contentOf({ answer, answersAs }: Call, shape: Shape): Json {
  if (answer) return { content: { "application/json": { schema: shape(answer, "output") } } };
  if (!answersAs) return {};
  return { content: Object.fromEntries(answersAs.map((type) => [type, { schema: {} }])) };
}

/** The schemas that have a name in the document. */
const registry = z.registry<{ id: string }>();
for (const [name, schema] of Object.entries(names.schemas)) registry.add(schema, { id: name });

/** Returns the JSON Schema of a shape, with what has a name moved to `schemas` and referred to. */
function hoisted(schema: z.ZodType, io: "input" | "output", schemas: Json): Json {
  const made = z.toJSONSchema(schema, { metadata: registry, io, unrepresentable: "any" }) as Json;
  const {
    $schema: _schema,
    $defs = {},
    ...root
  } = JSON.parse(JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/')) as {
    $schema?: string;
    $defs?: Json;
    [name: string]: unknown;
  };
  for (const [name, definition] of Object.entries($defs)) schemas[name] = withoutId(definition as Json);
  const name = registry.get(schema)?.id;
  if (name === undefined) return root;
  schemas[name] = withoutId(root);
  return { $ref: `#/components/schemas/${name}` };
}

function withoutId({ id: _id, ...schema }: Json): Json {
  return schema;
}

const problem: Json = {
  type: "object",
  required: ["type", "title", "status", "detail"],
  properties: {
    type: { type: "string", format: "uri" },
    title: { type: "string" },
    status: { type: "integer", enum: [...new Set(Object.values(errorStatus))] },
    detail: { type: "string", description: "What happened, what is safe, and what to do" },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["path", "message"],
        properties: { path: { type: "string" }, message: { type: "string" } },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
};

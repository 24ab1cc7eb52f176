import { authenticate } from "./auth/authenticate";
import { sha256 } from "./auth/sigv4";
import type { Reply, Service } from "./call/call";
import { iam } from "./iam/actions";
import { parseQuery } from "./protocol/address";
import type { Incoming } from "./protocol/incoming";
import { escapeXml, leaf, tag } from "./protocol/xml-write";
import type { QueryAction, QueryApi } from "./query/action";
import { QueryError, toQueryError } from "./query/errors";
import { Parameters } from "./query/parameters";
import { sns } from "./sns/actions";
import { sts } from "./sts/actions";

const apis: readonly QueryApi[] = [sts, iam, sns];
const MAX_BODY_BYTES = 128 * 1024;

/**
 * Whether a request is one of the AWS query protocol, as STS, IAM and SNS speak it: a form to `/`, or `/?Action=…`.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/iam-http-query-api.html
 */
export function isQueryRequest(request: Incoming): boolean {
  if (request.bucket !== undefined) return false;
  if (request.method === "GET") return request.query.has("Action");
  return (
    request.method === "POST" && /^application\/x-www-form-urlencoded\b/i.test(request.header("content-type") ?? "")
  );
}

/** Answers a request to STS, IAM or SNS; errors are rendered in their form. */
export async function answerQuery(
  service: Service,
  request: Incoming,
  openBody: () => AsyncIterable<Buffer>,
): Promise<Reply> {
  const body = request.method === "POST" ? await readBody(request, openBody) : "";
  let namespace = sts.namespace;
  try {
    if (body === undefined) throw new QueryError("RequestEntityTooLarge", "The request is too large.");
    const values = request.method === "POST" ? parseQuery(body) : request.query;
    const { api, name, action } = findAction(values);
    namespace = api.namespace;
    const settings = { ...service, service: api.service, payloadHash: sha256(body) };
    const { identity } = authenticate(request, settings);
    if (identity.kind === "anonymous")
      throw new QueryError("MissingAuthenticationToken", "Request is missing Authentication Token");
    const parameters = new Parameters(values);
    parameters.assertOnly(action.takes);
    const result = await action.run({ service, request, caller: identity, parameters });
    const children = [...(result ? [tag(`${name}Result`, ...result)] : []), metadata(request)];
    return reply(request, 200, `${name}Response`, namespace, children);
  } catch (thrown) {
    const error = toQueryError(thrown);
    if (error.status === 500) service.logger.error({ err: thrown, requestId: request.requestId }, "a request failed");
    const type = error.status < 500 ? "Sender" : "Receiver";
    const about = tag("Error", leaf("Type", type), leaf("Code", error.code), leaf("Message", error.message));
    return reply(request, error.status, "ErrorResponse", namespace, [about, leaf("RequestId", request.requestId)]);
  }
}

/** The body, or `undefined` when it is too large to be one of these. */
async function readBody(request: Incoming, openBody: () => AsyncIterable<Buffer>): Promise<string | undefined> {
  if (Number(request.header("content-length") ?? 0) > MAX_BODY_BYTES) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of openBody()) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString("utf8");
}

function findAction(values: ReadonlyMap<string, string>): { api: QueryApi; name: string; action: QueryAction } {
  const name = values.get("Action");
  if (!name) throw new QueryError("MissingAction", "The request is missing an action.");
  const version = values.get("Version");
  const api = apis.find((one) => one.version === version);
  const action = api && Object.hasOwn(api.actions, name) ? api.actions[name] : undefined;
  if (api && action) return { api, name, action };
  const given = version ?? "NO_VERSION_SPECIFIED";
  throw new QueryError("InvalidAction", `Could not find operation ${name} for version ${given}`);
}

function metadata({ requestId }: Incoming): string {
  return tag("ResponseMetadata", leaf("RequestId", requestId));
}

function reply(request: Incoming, status: number, root: string, namespace: string, children: string[]): Reply {
  const body = `<${root} xmlns="${escapeXml(namespace)}">${children.join("")}</${root}>\n`;
  return { status, headers: { "content-type": "text/xml", "x-amzn-requestid": request.requestId }, body };
}

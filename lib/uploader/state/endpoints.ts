import { uploadPolicy } from "@/lib/upload/policy";
import type { UploadFile } from "./file";
import { partsInFlight } from "./multipart";

/** How quick an endpoint is, smoothed: milliseconds a post took, and a mebibyte of a part. null before the first. */
export type Pace = { readonly postMs: number | null; readonly mibMs: number | null };

/** An address of the storage, with connections of its own. */
export type Endpoint = Pace & {
  /** null: the policy's own. */
  readonly url: string | null;
  /** Connections at most; halved on SlowDown, regained one by one, never above the upload's share. */
  readonly limit: number;
  readonly busy: number;
  /** Requests in a row that it did not take; `dropped` after a few. */
  readonly failures: number;
  readonly dropped: boolean;
};

/** Files and parts refer to an endpoint by its place, which it keeps: 0 is the policy's own. */
export type Endpoints = readonly Endpoint[];

const untried = { limit: 1, failures: 0, dropped: false };
const unmeasured = { busy: 0, postMs: null, mibMs: null };

export const ownEndpoint: Endpoint = { url: null, ...untried, ...unmeasured, limit: uploadPolicy.parallelPosts };

export function endpointAt(endpoints: Endpoints, number: number): Endpoint {
  const endpoint = endpoints[number];
  if (!endpoint) throw new RangeError(`no endpoint ${number} of ${endpoints.length}`);
  return endpoint;
}

/** The endpoints with those of a new policy; what is known of one stays with it. */
export function withUrls([own = ownEndpoint, ...others]: Endpoints, urls: readonly string[]): Endpoints {
  const kept = others.map((endpoint) => {
    if (!urls.some((url) => url === endpoint.url)) return { ...endpoint, dropped: true };
    // A dropped one is tried once more: the cause may have been the network.
    return endpoint.dropped ? { ...endpoint, ...untried } : endpoint;
  });
  const added = new Set(urls.filter((url) => !others.some((endpoint) => endpoint.url === url)));
  return [own, ...kept, ...[...added].map((url) => ({ url, ...untried, ...unmeasured }))];
}

/** The endpoints with one of them changed. */
export function withEndpoint(endpoints: Endpoints, number: number, change: Partial<Endpoint>): Endpoints {
  return endpoints.map((endpoint, index) => (index === number ? { ...endpoint, ...change } : endpoint));
}

/** The endpoints after a file changed: its posts and parts are their connections. */
export function withConnections(endpoints: Endpoints, before: UploadFile, after: UploadFile): Endpoints {
  if (!(isConnected(before) || isConnected(after)) || (before.state === "posting" && after.state === "posting"))
    return endpoints;
  const more = endpoints.map((_, number) => connectionsTo(number, after) - connectionsTo(number, before));
  if (more.every((by) => by === 0)) return endpoints;
  return endpoints.map((endpoint, number) => ({ ...endpoint, busy: endpoint.busy + (more[number] ?? 0) }));
}

function isConnected({ state }: UploadFile): boolean {
  return state === "posting" || state === "parts";
}

function connectionsTo(number: number, file: UploadFile): number {
  if (file.state === "posting") return Number(file.post.endpoint === number);
  return file.state === "parts" ? partsInFlight(file.window, number) : 0;
}

/** Connections in use, to all endpoints. */
export function busyConnections(endpoints: Endpoints): number {
  return endpoints.reduce((sum, { busy }) => sum + busy, 0);
}

/** Connections there may be to all endpoints, `share` to each. */
export function allConnections(endpoints: Endpoints, share: number): number {
  return endpoints.reduce((sum, { dropped }) => (dropped ? sum : sum + share), 0);
}

/** The other endpoints in use, besides the policy's own. */
export function otherUrls(endpoints: Endpoints): string[] {
  return endpoints.flatMap(({ url, dropped }) => (dropped || url === null ? [] : [url]));
}

import { S3Error } from "./errors";

/** A parsed URL. `path` is the decoded path as signed: it includes the bucket in path style only. */
export interface Address {
  readonly path: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly query: Query;
}

/** Decoded query parameters in the order sent; names are unique. */
export type Query = ReadonlyMap<string, string>;

const MAX_KEY_BYTES = 1024;
const MAX_QUERY_PARAMETERS = 128;

/**
 * Reads a request target. Path style (`/bucket/key`) always works; virtual-host style works for `<bucket>.localhost`,
 * which browsers and most resolvers send to the loopback address.
 * @throws S3Error InvalidURI, KeyTooLongError, InvalidArgument
 */
export function parseAddress(target: string, host: string | undefined): Address {
  const mark = target.indexOf("?");
  const path = decode(mark < 0 ? target : target.slice(0, mark));
  if (!path.startsWith("/")) throw new S3Error("InvalidURI");
  const query = parseQuery(mark < 0 ? "" : target.slice(mark + 1));
  const virtual = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.localhost(?::\d+)?$/i.exec(host ?? "")?.[1]?.toLowerCase();
  const slash = virtual ? 0 : path.indexOf("/", 1);
  const bucket = virtual ?? (slash < 0 ? path.slice(1) : path.slice(1, slash));
  const key = slash < 0 ? "" : path.slice(slash + 1);
  if (bucket === "" && path !== "/") throw new S3Error("InvalidURI"); // `//key` is no request for the list of buckets
  if (key) assertKey(key);
  return { path, bucket: bucket || undefined, key: key || undefined, query };
}

/** Checks a key: 1 to 1,024 bytes of UTF-8, without NUL, which XML cannot carry. @throws S3Error KeyTooLongError, InvalidURI */
export function assertKey(key: string): void {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new S3Error("KeyTooLongError", undefined, { MaxSizeAllowed: String(MAX_KEY_BYTES) });
  }
  if (key.includes("\0")) throw new S3Error("InvalidURI", "Object keys must not contain NUL characters.");
}

/** Parses `a=b&c=d`, of a URL or a form body. @throws S3Error InvalidURI, InvalidArgument for a name given twice */
export function parseQuery(text: string): Query {
  const query = new Map<string, string>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode((equals < 0 ? pair : pair.slice(0, equals)).replaceAll("+", " "));
    if (query.has(name)) throw new S3Error("InvalidArgument", `The query parameter ${name} was given twice.`);
    if (query.size >= MAX_QUERY_PARAMETERS) throw new S3Error("InvalidURI");
    query.set(name, equals < 0 ? "" : decode(pair.slice(equals + 1).replaceAll("+", " ")));
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidURI");
  }
}

/**
 * S3's rules for the names of general purpose buckets.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.\.|\.-|-\./.test(name) && // each label of a host name begins and ends with a letter or digit
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name)
  );
}

/** The object that `x-amz-copy-source` names. */
export interface CopySourceName {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
}

/**
 * `bucket/key` or `/bucket/key`, percent-encoded, with `?versionId=`. As in a query, a plus is a space.
 * @returns `undefined` when it names no object
 */
export function parseCopySource(header: string): CopySourceName | undefined {
  const [, encoded = "", versionId] = /^\/?(.*?)(?:\?versionId=([^?]*))?$/s.exec(header) ?? [];
  const path = decode(encoded) ?? "";
  const slash = path.indexOf("/");
  const [bucket, key] = [path.slice(0, slash), path.slice(slash + 1)];
  return slash < 1 || key === "" ? undefined : { bucket, key, versionId };
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded.replaceAll("+", "%20"));
  } catch {
    return undefined;
  }
}

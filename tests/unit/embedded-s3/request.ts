import { parseAddress } from "@/lib/embedded/s3/protocol/address";
import type { Incoming } from "@/lib/embedded/s3/protocol/incoming";

/** A request as the store sees it, without a socket. */
export function incoming(
  method: string,
  target: string,
  headers: Record<string, string> = {},
  receivedAt = Date.UTC(2013, 4, 24),
): Incoming {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    ...parseAddress(target, byName.get("host")),
    method,
    requestId: "TEST",
    receivedAt,
    remoteAddress: "203.0.113.7",
    header: (name) => byName.get(name),
    headerNames: () => [...byName.keys()],
  };
}

export async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

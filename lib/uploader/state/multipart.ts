import type { FileAnswer } from "@/lib/upload/schema";
import { emptyVector, itemAt, type Vector, withAppended, withItem } from "./vector";

/**
 * hashing: its checksum is being taken · unsigned: needs a URL · signing: a call for its URL is in flight · signed: can
 * be sent · inFlight: on a connection · waiting: for its next attempt.
 */
type PartStage = "hashing" | "unsigned" | "signing" | "signed" | "inFlight" | "waiting";

/** A part in work. */
export type Part = {
  /** 1 … partCount. */
  readonly n: number;
  readonly stage: PartStage;
  /** The file's run in which it was last begun: events of earlier ones are ignored. */
  readonly run: number;
  readonly sentBytes: number;
  /** CRC64NVME in base64, as S3's header has it; null where there is no hasher. */
  readonly crc: string | null;
  /** Presigned, by the number of the endpoint. */
  readonly urls: Readonly<Record<number, string>>;
  /** Which endpoint it was last sent to, and when that was begun. */
  readonly endpoint: number;
  readonly begunAt: number;
  /** When the URLs expire, by the clock of the events. */
  readonly urlEndsAt: number;
  /** Its last URL was denied without a reason: a second denial is not due to the URL's age. */
  readonly suspect: boolean;
  /** A URL of it expired, and another one was requested. */
  readonly renewed: boolean;
  readonly failures: number;
  readonly failingSince: number | null;
};

/** The parts of a file as the server and the storage know them. */
export type Multipart = {
  /** The server's id of the file. */
  readonly fileId: string;
  readonly partSize: number;
  readonly partCount: number;
  /** Entity tags by n − 1: null for a part that is not there, "" for one that was there before this page was opened. */
  readonly etags: Vector<string | null>;
  /** Checksums by n − 1, null where not taken. */
  readonly crcs: Vector<string | null>;
  readonly arrivedParts: number;
  readonly arrivedBytes: number;
  /** Those of `arrivedBytes` that were there already when the file was registered. */
  readonly keptBytes: number;
};

/** Where a part begins and how long it is, in bytes. */
export function rangeOf({ partSize }: Pick<Multipart, "partSize">, n: number, sizeBytes: number) {
  const start = (n - 1) * partSize;
  return { start, end: Math.min(sizeBytes, start + partSize) };
}

/**
 * Returns the multipart of the server's answer; parts the server has are not sent. `earlier` is this page's own record:
 * parts it sent keep their entity tags and checksums.
 */
export function multipartOf(answer: AnsweredMultipart, sizeBytes: number, earlier: Multipart | null): Multipart {
  const { fileId, partSize, partCount } = answer;
  const known = earlier?.fileId === fileId && earlier.partSize === partSize ? earlier : null;
  const none = Array.from({ length: partCount }, () => null);
  const crcs = known?.crcs ?? withAppended<string | null>(emptyVector, none);
  let etags = withAppended<string | null>(emptyVector, none);
  let arrivedBytes = 0;
  let keptBytes = 0;
  let arrivedParts = 0;
  for (const n of new Set(answer.done)) {
    if (n < 1 || n > partCount) continue;
    const etag = (known && itemAt(known.etags, n - 1)) ?? "";
    const { start, end } = rangeOf({ partSize }, n, sizeBytes);
    etags = withItem(etags, n - 1, etag);
    arrivedParts += 1;
    arrivedBytes += end - start;
    if (etag === "") keptBytes += end - start;
  }
  return { fileId, partSize, partCount, etags, crcs, arrivedParts, arrivedBytes, keptBytes };
}

type AnsweredMultipart = NonNullable<FileAnswer["multipart"]>;

/** The window with a part replaced, or (`null`) without it. */
export function withPart(window: readonly Part[], n: number, change: Partial<Part> | null): readonly Part[] {
  if (!change) return window.filter((part) => part.n !== n);
  return window.map((part) => (part.n === n ? { ...part, ...change } : part));
}

/** Bytes sent of parts in work. */
export function sentBytesOfParts(window: readonly Part[]): number {
  return window.reduce((sum, part) => sum + part.sentBytes, 0);
}

/** Parts on a connection to an endpoint. */
export function partsInFlight(window: readonly Part[], endpoint: number): number {
  return window.reduce((sum, part) => sum + Number(part.stage === "inFlight" && part.endpoint === endpoint), 0);
}

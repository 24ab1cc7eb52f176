import type { FileAnswer } from "@/lib/upload/schema";
import { emptyVector, itemAt, type Vector, withAppended, withItem } from "./vector";

/**
 * hashing: its checksum is being taken · unsigned: needs a URL · signing: a URL was asked for · signed: can be sent ·
 * flying: on a connection · waiting: for its next try.
 */
type PartStage = "hashing" | "unsigned" | "signing" | "signed" | "flying" | "waiting";

/** A part that is being worked at. */
export type Part = {
  /** 1 … partCount. */
  readonly n: number;
  readonly stage: PartStage;
  /** The file's run in which it was last begun: what an older one reports is not listened to. */
  readonly run: number;
  readonly sentBytes: number;
  /** CRC64NVME in base64, as S3's header has it; null where there is no hasher. */
  readonly crc: string | null;
  readonly url: string | null;
  /** URLs for the storage's other endpoints, by the lane's. */
  readonly elsewhere: Readonly<Record<string, string>>;
  /** Which endpoint it was last sent to, as files count them, and when that was begun. */
  readonly lane: number;
  readonly begunAt: number;
  /** When the URLs end, by the clock of the events. */
  readonly urlEndsAt: number;
  /** Its last URL was denied without a reason: another one will not be its age. */
  readonly doubted: boolean;
  /** A URL of it was said to have ended, and another one was asked for. */
  readonly renewed: boolean;
  readonly failures: number;
  readonly failingSince: number | null;
};

/** A file that is sent in parts. */
export type Multipart = {
  /** The server's name for the file. */
  readonly fileId: string;
  readonly partSize: number;
  readonly partCount: number;
  /** Entity tags by n − 1: null for a part that is not there, "" for one that was there before this page was opened. */
  readonly etags: Vector<string | null>;
  /** Checksums by n − 1, null where not taken. */
  readonly crcs: Vector<string | null>;
  readonly arrivedParts: number;
  readonly arrivedBytes: number;
  /** Those of `arrivedBytes` that were there already when the file was named. */
  readonly keptBytes: number;
  /** No part from here on was begun. */
  readonly next: number;
  /** At most about two budgets of parts: hashed and signed ahead by so much and no more. */
  readonly window: readonly Part[];
  /** Calls to sign its parts that failed in a row, and since when. */
  readonly signFailures: number;
  readonly signFailingSince: number | null;
};

/** Where a part begins and how long it is, in bytes. */
export function rangeOf({ partSize }: Pick<Multipart, "partSize">, n: number, sizeBytes: number) {
  const start = (n - 1) * partSize;
  return { start, end: Math.min(sizeBytes, start + partSize) };
}

/**
 * A multipart as the server answered it; parts it has are never begun. `earlier` is what this page knows of the file:
 * parts it sent itself keep their entity tags and checksums.
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
  const begun = { arrivedParts, arrivedBytes, keptBytes, next: 1, window: [] };
  return { fileId, partSize, partCount, etags, crcs, ...begun, signFailures: 0, signFailingSince: null };
}

type AnsweredMultipart = NonNullable<FileAnswer["multipart"]>;

/** As if no part were being worked at; those that arrived stay. */
export function rewound(multipart: Multipart): Multipart {
  return { ...multipart, next: 1, window: [], signFailures: 0, signFailingSince: null };
}

/** With a part of the window replaced, or (`null`) taken out of it. */
export function withPart(multipart: Multipart, n: number, change: Partial<Part> | null): Multipart {
  const window = change
    ? multipart.window.map((part) => (part.n === n ? { ...part, ...change } : part))
    : multipart.window.filter((part) => part.n !== n);
  return { ...multipart, window };
}

/** Bytes that arrived or are on the way. */
export function sentOf({ arrivedBytes, window }: Multipart): number {
  return window.reduce((sum, part) => sum + part.sentBytes, arrivedBytes);
}

/** Parts on a connection, to one endpoint or to any. */
export function flyingOf(multipart: Multipart | null, lane: number | null = null): number {
  const isFlying = (part: Part) => part.stage === "flying" && (lane === null || part.lane === lane);
  return multipart ? multipart.window.reduce((sum, part) => sum + Number(isFlying(part)), 0) : 0;
}

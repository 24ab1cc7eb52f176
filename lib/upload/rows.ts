import "server-only";
import { db, query, rowsOf, type Transaction } from "@/lib/db";
import { AppError, notFound } from "@/lib/errors";
import { type Account, type AccountIds, lockUpload } from "@/lib/locks";
import { addBytes, leastSpace, type Space } from "@/lib/quota/rows";
import {
  anotherOverMessage,
  collectionOverMessage,
  overMessage,
  type Uploader,
  type UploadState,
  uploadFrom,
  uploadPolicy,
} from "./policy";
import { firstReapAt } from "./verify/policy";

export type ChargedUpload = AccountIds & { id: string };

type Lifetime = { id: string; createdAt: Date; expiresAt: Date };

/** Extends an upload that is being worked on to its full time to live, at most once a day and not beyond its maximum life. */
export async function extendUpload({ id, createdAt, expiresAt }: Lifetime, now = Date.now()): Promise<void> {
  const { uploadTtlSeconds, uploadExtendBelowSeconds, uploadMaxLifeSeconds } = uploadPolicy;
  if (expiresAt.getTime() - now >= uploadExtendBelowSeconds * 1_000) return;
  const lastMs = createdAt.getTime() + uploadMaxLifeSeconds * 1_000;
  const later = new Date(Math.min(now + uploadTtlSeconds * 1_000, lastMs));
  await db().upload.updateMany({ where: { id, state: "open", expiresAt: { lt: later } }, data: { expiresAt: later } });
}

export type LockedUpload = NonNullable<Awaited<ReturnType<typeof lockUpload>>>;

/** Locks the upload, after its accounts. Throws NOT_FOUND, and CONFLICT when it is not open any more. */
export async function lockOpenUpload(tx: Transaction, uploadId: string): Promise<LockedUpload> {
  const upload = await lockUpload(tx, uploadId);
  if (!upload) throw notFound("upload");
  if (!allows(upload.state, "send")) throw ended(upload.state, upload.end_reason);
  return upload;
}

/** Returns the least space that an upload has in its accounts: what its unregistered files take is its own. */
export function spaceOf(accounts: Account[], { unregistered_bytes }: LockedUpload): Space | null {
  return leastSpace(accounts.map((account) => ({ ...account, reserved: account.reserved - unregistered_bytes })));
}

/** Returns who an upload is by, and the role that person has now. Under the collection's lock the role does not change. */
export async function uploaderOf(tx: Transaction, { collectionId, createdById }: AccountIds): Promise<Uploader> {
  if (createdById === null) return { userId: null, role: null };
  const member = await tx.member.findUnique({
    where: { collectionId_userId: { collectionId, userId: createdById } },
    select: { role: true },
  });
  return { userId: createdById, role: member?.role ?? null };
}

/** Returns the smaller number of bytes: `Math.min` takes no bigint. */
export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/**
 * Adds to the used and reserved bytes of an upload and of its accounts; `unregistered` is the part of `reserved` that is for
 * files which were not registered. Needs the locks of `lockAccounts`.
 */
export async function chargeUpload(
  tx: Transaction,
  upload: ChargedUpload,
  { used = 0n, reserved = 0n, unregistered = 0n }: { used?: bigint; reserved?: bigint; unregistered?: bigint },
): Promise<void> {
  await addBytes(tx, upload, { used, reserved });
  if (reserved === 0n && unregistered === 0n) return;
  await tx.upload.update({
    where: { id: upload.id },
    data: { reservedBytes: { increment: reserved }, unregisteredBytes: { increment: unregistered } },
  });
}

/** Releases the bytes that an ending upload reserved and did not use. Needs the locks of `lockAccounts`. */
export async function releaseReserved(tx: Transaction, upload: ChargedUpload): Promise<void> {
  const locked = await lockUpload(tx, upload.id);
  await addBytes(tx, upload, { reserved: -(locked?.reserved_bytes ?? 0n) });
  await tx.upload.update({ where: { id: upload.id }, data: { reservedBytes: 0n, unregisteredBytes: 0n } });
}

/**
 * Throws TOO_LARGE while an upload of this person holds more than there is room for; with a collection also while it is full and
 * anyone's upload to it does.
 */
export async function requireNoneOver(
  userId: string,
  { collectionId, tx = db() }: { collectionId?: string; tx?: Transaction } = {},
): Promise<void> {
  const over = await rowsOf(
    tx,
    query
      .selectFrom("upload as u")
      .innerJoin("collection as c", "c.id", "u.collection_id")
      .select("u.created_by_id")
      .where("u.over_since", "is not", null)
      .where(({ and, eb, or, ref }) =>
        or([
          eb("u.created_by_id", "=", userId),
          and([
            eb("u.collection_id", "=", collectionId ?? null),
            eb("c.quota_bytes", "<=", eb(ref("c.used_bytes"), "+", ref("c.reserved_bytes"))),
          ]),
        ]),
      ),
  );
  if (over.length === 0) return;
  const isTheirs = over.some((upload) => upload.created_by_id === userId);
  throw new AppError("TOO_LARGE", isTheirs ? anotherOverMessage : collectionOverMessage);
}

/** Throws TOO_LARGE for an upload that holds more than there is room for, or while another of its person does: it is granted nothing more. */
export async function requireRoom(upload: { overSince: Date | null; createdById: string | null }): Promise<void> {
  const { overSince, createdById } = upload;
  if (overSince !== null) throw new AppError("TOO_LARGE", overMessage);
  if (createdById !== null) await requireNoneOver(createdById);
}

/** Before a policy is signed: what it lets in is measured while it lives. */
export async function recordGrant(id: string): Promise<void> {
  await db().upload.updateMany({ where: { id, state: "open" }, data: { grantedAt: new Date() } });
}

/** Before temporary credentials are given that expire then, or earlier: what they let in is measured until then. */
export async function recordCredentials(id: string, until: Date): Promise<void> {
  const earlier = { OR: [{ credentialsUntil: null }, { credentialsUntil: { lt: until } }] };
  await db().upload.updateMany({ where: { id, state: "open", ...earlier }, data: { credentialsUntil: until } });
}

/** What an upload becomes at its end: from then on the reaper visits it. */
export function ending(state: "verified" | "aborted" | "expired", endedAt = new Date()) {
  return { state, endedAt, overSince: null, reapAt: firstReapAt(state, endedAt) } as const;
}

/** From this number of files on, verifying an upload takes minutes. */
const largeFrom = 10_000;

/**
 * Returns those of these uploads that are large, by their planned or registered files: the bucket has not been listed yet. An
 * upload that changes sides after it is sealed is verified in two queues at once, which is safe.
 */
export async function largeUploads(ids: string[]): Promise<Set<string>> {
  const rows = await rowsOf(
    db(),
    query
      .selectFrom("upload as u")
      .select("u.id")
      .where(({ eb, fn, or, val, exists, selectFrom }) =>
        eb.and([
          eb("u.id", "=", fn.any(val(ids))),
          or([
            eb("u.planned_files", ">=", largeFrom),
            exists(
              selectFrom("upload_file as f")
                .whereRef("f.upload_id", "=", "u.id")
                .offset(largeFrom - 1),
            ),
          ]),
        ]),
      ),
  );
  return new Set(rows.map(({ id }) => id));
}

/** Whether an upload in this state may be changed by this verb. */
export function allows(state: UploadState, verb: keyof typeof uploadFrom): boolean {
  return (uploadFrom[verb] as readonly UploadState[]).includes(state);
}

const endings: Record<UploadState, string> = {
  open: "This upload is still open. Finish or cancel it first.",
  sealed: "This upload is sealed and being verified. Start a new upload to send more.",
  verified: "This upload is finished. Start a new upload to send more.",
  aborted: "This upload was discarded. Start a new upload.",
  expired: "This upload has expired. Start a new upload for the files that are missing.",
};

/**
 * Returns the error that says why nothing more can be sent to an upload: GONE where its time ran out, else CONFLICT. `reason`: why the
 * site ended it.
 */
export function ended(state: UploadState, reason: string | null): AppError {
  return new AppError(state === "expired" ? "GONE" : "CONFLICT", reason ?? endings[state]);
}

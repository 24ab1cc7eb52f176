import "server-only";

declare const minted: unique symbol;

/**
 * Proof that this database owns the bucket. Everything in lib/storage that writes objects, deletes them or lets
 * others write takes one as its first argument, so that a call without it does not compile. Only `lib/owner` mints one
 * (docs/decisions/0012-bucket-owner.md).
 *
 * A permit is good for a few seconds: `require` looks at the owner again when the last look is older. Throws AppError
 * READ_ONLY when this database does not own the bucket, UNAVAILABLE when that cannot be read.
 */
export type BucketPermit = { readonly [minted]: true; readonly bucket: string; require(): Promise<void> };

/** Checks a permit before a request to the bucket. Throws as `BucketPermit.require`, TypeError for another bucket's permit. */
export async function requirePermit(permit: BucketPermit, { bucket }: { bucket: string }): Promise<void> {
  if (permit.bucket !== bucket) throw new TypeError("the permit is for another bucket");
  await permit.require();
}

import type { Call, Reply } from "../../call/call";
import { emptyOk, noContent, xmlReply } from "../../call/call";
import { BUCKET_TAGS, parseTagging, renderTagging } from "../../metadata/tags";
import { S3Error } from "../../protocol/errors";

/** Tags of a bucket. Deleting them takes the permission to put them: there is no `s3:DeleteBucketTagging`. */

export async function putBucketTagging(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:PutBucketTagging");
  await call.store.buckets.configure(bucket, { tags: parseTagging(await call.text(), BUCKET_TAGS) });
  return emptyOk;
}

export async function getBucketTagging(call: Call): Promise<Reply> {
  const { name, tags } = call.authorizeBucket("s3:GetBucketTagging");
  if (!tags) throw new S3Error("NoSuchTagSet", undefined, { BucketName: name });
  return xmlReply(renderTagging(tags));
}

export async function deleteBucketTagging(call: Call): Promise<Reply> {
  await call.store.buckets.configure(call.authorizeBucket("s3:PutBucketTagging"), { tags: undefined });
  return noContent;
}

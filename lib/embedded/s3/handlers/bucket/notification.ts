import type { Call, Reply } from "../../call/call";
import { emptyOk, xmlReply } from "../../call/call";
import { parseNotifications, renderNotifications } from "../../notifications/configuration";
import { isOwnTopic } from "../../notifications/topic";
import { S3Error } from "../../protocol/errors";

/**
 * Sets the topics that get a bucket's events; an empty configuration removes them. A topic of this store's account must
 * exist. A topic of another account is kept, but its events are dropped until the store is started with an endpoint for
 * it; the log says so. Unlike AWS's, topics have no policies (the owner of a bucket may name each of them), and there is no
 * test event.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
 */
export async function putBucketNotification(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:PutBucketNotification");
  const subscriptions = parseNotifications(await call.text());
  const { topics, logger } = call.service;
  const named = new Set(subscriptions.map(({ topic }) => topic));
  const unknown = [...named].filter((topic) => !topics.find(topic));
  const isChecked = call.header("x-amz-skip-destination-validation")?.toLowerCase() !== "true";
  if (isChecked) refuseMissing(unknown.filter(isOwnTopic));
  await call.store.buckets.configure(bucket, {
    notifications: subscriptions.length > 0 ? subscriptions : undefined,
  });
  for (const topic of unknown)
    logger.warn({ bucket: bucket.name, topic }, "a bucket's events are dropped: their topic has no endpoint here");
  return emptyOk;
}

export async function getBucketNotification(call: Call): Promise<Reply> {
  return xmlReply(renderNotifications(call.authorizeBucket("s3:GetBucketNotification").notifications));
}

/** @throws S3Error InvalidArgument that lists the topics */
function refuseMissing(topics: readonly string[]): void {
  if (topics.length === 0) return;
  const details = topics.flatMap((topic, i) => [
    [`ArgumentName${i + 1}`, topic] as const,
    [`ArgumentValue${i + 1}`, "The destination topic does not exist"] as const,
  ]);
  throw new S3Error(
    "InvalidArgument",
    "Unable to validate the following destination configurations",
    Object.fromEntries(details),
  );
}

import * as sdk from "@aws-sdk/client-s3";
import type { TestBucket } from "../conformance/fixture";
import type { RawAnswer } from "../harness";
import { field, type QueryOptions, query } from "../sessions/query";

/** One request to SNS. */
export function sns(
  endpoint: string,
  Action: string,
  parameters: Record<string, string> = {},
  options?: QueryOptions,
): Promise<RawAnswer> {
  return query(endpoint, "sns", { Action, ...parameters }, options);
}

export function attribute(key: string, value: string): Record<string, string> {
  return { "Attributes.entry.1.key": key, "Attributes.entry.1.value": value };
}

/** Makes a topic. @returns its ARN @throws Error when that is refused */
export async function makeTopic(endpoint: string, Name: string, pushEndpoint: string): Promise<string> {
  const answer = await sns(endpoint, "CreateTopic", { Name, ...attribute("push-endpoint", pushEndpoint) });
  const arn = field(answer, "TopicArn");
  if (!arn) throw new Error(`${answer.status} ${answer.text}`);
  return arn;
}

/** How many events of a topic wait. */
export async function pending(endpoint: string, TopicArn: string): Promise<number> {
  const { text } = await sns(endpoint, "GetTopicAttributes", { TopicArn });
  return Number(/<key>pending-events<\/key><value>(\d+)/.exec(text)?.[1]);
}

export function configure(bucket: TestBucket, TopicConfigurations: sdk.TopicConfiguration[], client?: sdk.S3Client) {
  const NotificationConfiguration = { TopicConfigurations };
  return bucket.send(sdk.PutBucketNotificationConfigurationCommand, { NotificationConfiguration }, client);
}

/** The filter for keys that begin and end so. */
export function filter(rules: Partial<Record<sdk.FilterRuleName, string>>): sdk.NotificationConfigurationFilter {
  const FilterRules = Object.entries(rules).map(([Name, Value]) => ({ Name: Name as sdk.FilterRuleName, Value }));
  return { Key: { FilterRules } };
}

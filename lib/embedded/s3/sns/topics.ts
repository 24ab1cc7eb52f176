import { isEndpoint, topicArn, topicArnPattern, topicNamePattern } from "../notifications/topic";
import { leaf, tag } from "../protocol/xml-write";
import type { QueryCall } from "../query/action";
import { QueryError } from "../query/errors";
import { pageOf } from "../query/page";
import { rootOnly } from "../query/root-only";

const forRoot = rootOnly("sns", "AuthorizationError");
const anything = { min: 0, max: 4096, pattern: /^/ };

/** Ceph's name for the receiver of a topic's events. Source: https://docs.ceph.com/en/latest/radosgw/notifications/ */
const ENDPOINT = "push-endpoint";
const MAX_TOPICS = 1000;
/** Source: https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html */
const PAGE = 100;

/**
 * Makes a topic, or returns the ARN of an existing one. A new push-endpoint replaces the old one, as in Ceph, and gets the
 * undelivered events. A new topic needs a push-endpoint, as there are no other subscribers.
 * Source: https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
 */
export const createTopic = forRoot(
  "CreateTopic",
  ["Name", "Attributes.entry.N.key", "Attributes.entry.N.value"],
  async (call) => {
    const { region, topics } = call.service;
    const name = call.parameters.required("Name", anything);
    if (!topicNamePattern.test(name)) throw invalid("Topic Name");
    const arn = topicArn(region, name);
    const before = topics.find(arn);
    const endpoint = requestedEndpoint(call) ?? before?.endpoint;
    if (endpoint === undefined) throw invalid(`Attributes Reason: ${ENDPOINT} is needed, an http(s) URL`);
    if (endpoint !== before?.endpoint) {
      if (topics.isConfigured(arn)) throw configured(arn);
      if (!before && topics.all().length >= MAX_TOPICS)
        throw new QueryError("TopicLimitExceeded", `There are ${MAX_TOPICS} topics already.`);
      await topics.stored.put({ arn, endpoint });
    }
    return [leaf("TopicArn", arn)];
  },
);

/** Removes a topic and its undelivered events. Buckets may keep naming it; events of a missing topic are dropped. */
export const deleteTopic = forRoot("DeleteTopic", ["TopicArn"], async (call) => {
  const { topics } = call.service;
  const arn = requestedArn(call);
  if (topics.isConfigured(arn)) throw configured(arn);
  await topics.stored.remove(arn);
  return undefined;
});

/** Returns SNS's own attributes, the push-endpoint, and how many events are undelivered. */
export const getTopicAttributes = forRoot("GetTopicAttributes", ["TopicArn"], async (call) => {
  const arn = requestedArn(call);
  const topic = call.service.topics.find(arn);
  if (!topic) throw new QueryError("NotFound", "Topic does not exist");
  const attributes = {
    TopicArn: arn,
    Owner: arn.split(":")[4],
    [ENDPOINT]: topic.endpoint,
    "pending-events": call.service.outbox.pending(arn),
  };
  const entries = Object.entries(attributes).map(([key, value]) =>
    tag("entry", leaf("key", key), leaf("value", value)),
  );
  return [tag("Attributes", ...entries)];
});

export const listTopics = forRoot("ListTopics", ["NextToken"], async (call) => {
  const token = call.parameters.optional("NextToken", { min: 0, max: 512, pattern: /^[\w-]*$/ });
  const { items, marker } = pageOf(call.service.topics.all(), ({ arn }) => arn, token, PAGE);
  const members = items.map(({ arn }) => tag("member", leaf("TopicArn", arn)));
  return [tag("Topics", ...members), leaf("NextToken", marker)];
});

function requestedEndpoint({ parameters }: QueryCall): string | undefined {
  const attributes = parameters.map("Attributes");
  const other = [...attributes.keys()].find((name) => name !== ENDPOINT);
  if (other !== undefined) throw invalid(`Attributes Reason: ${other} is not implemented`);
  const endpoint = attributes.get(ENDPOINT);
  if (endpoint === undefined || isEndpoint(endpoint)) return endpoint;
  throw invalid(`Attributes Reason: ${ENDPOINT} must be an http(s) URL without user and password`);
}

function requestedArn({ parameters }: QueryCall): string {
  const arn = parameters.required("TopicArn", anything);
  if (!topicArnPattern.test(arn)) throw invalid("TopicArn");
  return arn;
}

function configured(arn: string): QueryError {
  return invalid(`TopicArn Reason: ${arn} is part of the store's configuration`);
}

function invalid(what: string): QueryError {
  return new QueryError("InvalidParameter", `Invalid parameter: ${what}`);
}

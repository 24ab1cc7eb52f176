import { S3Error } from "../protocol/errors";
import { child, childrenOf, expectRoot, textOf, type XmlNode } from "../protocol/xml-read";
import { leaf, tag, xmlDocument } from "../protocol/xml-write";
import { newId } from "../store/database/ids";
import type { Subscription } from "../store/database/records";
import { isEventPattern, overlap } from "./events";
import { topicArnPattern } from "./topic";

/** Source: https://docs.aws.amazon.com/general/latest/gr/s3.html, "Event notifications" */
const MAX_CONFIGURATIONS = 100;
const MAX_ID_CHARACTERS = 255;
const MAX_FILTER_BYTES = 1024;

const otherDestinations = new Set(["QueueConfiguration", "CloudFunctionConfiguration", "EventBridgeConfiguration"]);
const topicElements = new Set(["Id", "Topic", "Event", "Filter"]);

/**
 * Reads a NotificationConfiguration; an empty one has no subscriptions. Whether the topics exist is not checked.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
 * @throws S3Error MalformedXML, InvalidArgument; NotImplemented for destinations other than topics
 */
export function parseNotifications(xml: string): readonly Subscription[] {
  const { children } = expectRoot(xml, "NotificationConfiguration");
  const other = children.find(({ name }) => otherDestinations.has(name));
  if (other) throw new S3Error("NotImplemented", `${other.name} is not implemented; TopicConfiguration is.`);
  if (children.some(({ name }) => name !== "TopicConfiguration")) throw new S3Error("MalformedXML");
  if (children.length > MAX_CONFIGURATIONS)
    throw invalid(`The number of event notification configurations exceeds the limit of ${MAX_CONFIGURATIONS}`);
  const subscriptions = children.map(parseTopicConfiguration);
  const ids = new Set(subscriptions.map(({ id }) => id));
  if (ids.size !== subscriptions.length) throw invalid("Same ID used for multiple configurations. IDs must be unique.");
  subscriptions.forEach((one, i) => {
    if (subscriptions.slice(i + 1).some((other) => overlap(one, other)))
      throw invalid("Configurations overlap. Configurations on the same bucket cannot share a common event type.");
  });
  return subscriptions;
}

function parseTopicConfiguration(node: XmlNode): Subscription {
  if (node.children.some(({ name }) => !topicElements.has(name))) throw new S3Error("MalformedXML");
  const topics = childrenOf(node, "Topic");
  const events = childrenOf(node, "Event").map(({ text }) => text);
  if (topics.length !== 1 || events.length === 0) throw new S3Error("MalformedXML");
  const topic = topics[0]?.text ?? "";
  if (!topicArnPattern.test(topic)) throw invalid("The ARN is not well formed", "Topic", topic);
  const unknown = events.find((event) => !isEventPattern(event));
  if (unknown !== undefined) throw invalid("The event is not supported for notifications", "Event", unknown);
  const id = textOf(node, "Id") || newId();
  if (id.length > MAX_ID_CHARACTERS) throw invalid(`The ID is longer than ${MAX_ID_CHARACTERS} characters`, "Id", id);
  return { id, topic, events, ...parseFilter(node) };
}

/** Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_FilterRule.html */
function parseFilter(node: XmlNode): Pick<Subscription, "prefix" | "suffix"> {
  const [filter, ...more] = childrenOf(node, "Filter");
  const s3Key = child(filter, "S3Key");
  const others = filter?.children.filter((one) => one !== s3Key) ?? [];
  if (more.length > 0 || others.length > 0 || s3Key?.children.some(isNoRule)) throw new S3Error("MalformedXML");
  const found = new Map<string, string>();
  for (const rule of childrenOf(s3Key, "FilterRule")) {
    const [given, value] = [textOf(rule, "Name") ?? "", textOf(rule, "Value")];
    const name = given.toLowerCase();
    if (name !== "prefix" && name !== "suffix")
      throw invalid("filter rule name must be either prefix or suffix", "FilterRule.Name", given);
    if (value === undefined) throw new S3Error("MalformedXML");
    if (found.has(name)) throw invalid(`Cannot specify more than one ${name} rule in a filter.`);
    if (Buffer.byteLength(value) > MAX_FILTER_BYTES)
      throw invalid(`Size of filter rule value cannot exceed ${MAX_FILTER_BYTES} bytes in UTF-8 representation`);
    found.set(name, value);
  }
  return Object.fromEntries(found);
}

function isNoRule({ name, children }: XmlNode): boolean {
  return name !== "FilterRule" || children.some((one) => one.name !== "Name" && one.name !== "Value");
}

function invalid(message: string, name?: string, value?: string): S3Error {
  const details = name === undefined ? {} : { ArgumentName: name, ArgumentValue: value ?? "" };
  return new S3Error("InvalidArgument", message, details);
}

/** Renders the document for GET; without subscriptions it is empty. */
export function renderNotifications(subscriptions: readonly Subscription[] = []): string {
  const rendered = subscriptions.map(({ id, topic, events, ...filter }) =>
    tag(
      "TopicConfiguration",
      leaf("Id", id),
      leaf("Topic", topic),
      ...events.map((event) => leaf("Event", event)),
      renderFilter(filter),
    ),
  );
  return xmlDocument("NotificationConfiguration", ...rendered);
}

function renderFilter({ prefix, suffix }: Pick<Subscription, "prefix" | "suffix">): string {
  const rules = Object.entries({ prefix, suffix }).flatMap(([name, value]) =>
    value === undefined ? [] : tag("FilterRule", leaf("Name", name), leaf("Value", value)),
  );
  return rules.length === 0 ? "" : tag("Filter", tag("S3Key", ...rules));
}

import { ACCOUNT_ID } from "../auth/users";
import type { TopicRecord } from "../store/database/records";

/** A topic that is part of the store's configuration. It cannot be changed through SNS. */
export interface S3Topic {
  /** Its name, or the whole ARN of a topic of any account. */
  readonly name: string;
  /** Receiver of its events: an http(s) URL without user and password. */
  readonly endpoint: string;
}

/** 1 to 256 letters, digits, - and _. Source: https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html */
export const topicNamePattern = /^[A-Za-z0-9_-]{1,256}$/;
/** FIFO topics cannot receive events. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html */
export const topicArnPattern = /^arn:aws:sns:[a-z0-9-]{1,64}:\d{12}:[A-Za-z0-9_-]{1,256}$/;

const MAX_ENDPOINT_CHARACTERS = 2048;

export function topicArn(region: string, name: string): string {
  return `arn:aws:sns:${region}:${ACCOUNT_ID}:${name}`;
}

/** Whether a topic belongs to the account of this store. */
export function isOwnTopic(arn: string): boolean {
  return arn.split(":")[4] === ACCOUNT_ID;
}

/** Whether text is an http(s) URL without user and password, which reading the topic would disclose. */
export function isEndpoint(text: string): boolean {
  if (text.length > MAX_ENDPOINT_CHARACTERS || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/**
 * Checks configured topics.
 * @param topics may come from a file, so that their shape is checked
 * @throws Error that names the topic and its mistake
 */
export function configuredTopics(topics: readonly S3Topic[], region: string): TopicRecord[] {
  const known = new Set<string>();
  return topics.map((topic: unknown, i) => {
    const { name, endpoint, ...rest } = typeof topic === "object" && topic !== null ? (topic as Partial<S3Topic>) : {};
    const isArn = typeof name === "string" && topicArnPattern.test(name);
    if (typeof name !== "string" || !(isArn || topicNamePattern.test(name)))
      throw new Error(`Topic ${i + 1} of the S3 store needs a name of 1 to 256 letters, digits, - or _, or an ARN`);
    if (typeof endpoint !== "string" || !isEndpoint(endpoint))
      throw new Error(`Topic ${name} of the S3 store needs an endpoint: an http(s) URL without user and password`);
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) throw new Error(`Topic ${name} of the S3 store has an unknown field ${unknown}`);
    const arn = isArn ? name : topicArn(region, name);
    if (known.has(arn)) throw new Error(`There are two topics ${name} for the S3 store.`);
    known.add(arn);
    return { arn, endpoint };
  });
}

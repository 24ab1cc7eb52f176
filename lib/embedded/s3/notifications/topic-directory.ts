import type { TopicRecord } from "../store/database/records";
import type { Topics } from "../store/topics";

/** All topics: the configured ones, and those made through SNS. */
export class TopicDirectory {
  readonly #configured: ReadonlyMap<string, TopicRecord>;

  constructor(
    configured: readonly TopicRecord[],
    /** Those made through SNS. */
    readonly stored: Topics,
  ) {
    this.#configured = new Map(configured.map((topic) => [topic.arn, topic]));
  }

  isConfigured(arn: string): boolean {
    return this.#configured.has(arn);
  }

  /** The topic of an ARN; a configured one hides one made through SNS. */
  find(arn: string): TopicRecord | undefined {
    return this.#configured.get(arn) ?? this.stored.find(arn);
  }

  /** All topics by ARN. */
  all(): TopicRecord[] {
    const byArn = new Map(this.stored.all().map((topic) => [topic.arn, topic]));
    return [...new Map([...byArn, ...this.#configured]).values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
  }
}

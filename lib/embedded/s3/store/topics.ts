import type { Database } from "./database";
import type { Outbox } from "./outbox";
import type { TopicRecord } from "./records";

const tableKey = (arn: string) => Buffer.from(arn);

/** The topics made through SNS. All of them are held in memory, as each event reads one. */
export class Topics {
  readonly #known = new Map<string, TopicRecord>();

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {
    for (const { value } of database.topics.getRange({})) this.#known.set(value.arn, value);
  }

  find(arn: string): TopicRecord | undefined {
    return this.#known.get(arn);
  }

  all(): TopicRecord[] {
    return [...this.#known.values()];
  }

  /** Makes a topic, or gives one its new endpoint. @throws S3Error InsufficientStorage */
  async put(topic: TopicRecord): Promise<void> {
    await this.database.commit(() => this.database.topics.put(tableKey(topic.arn), topic));
    this.#refresh(topic.arn);
  }

  /** Removes a topic with its undelivered events, if it exists. */
  async remove(arn: string): Promise<void> {
    await this.database.commit(() => {
      if (!this.database.topics.get(tableKey(arn))) return;
      this.database.topics.remove(tableKey(arn));
      this.outbox.purge(arn);
    });
    this.#refresh(arn);
  }

  /** Reads the row again: of several concurrent changes, the last one committed counts. */
  #refresh(arn: string): void {
    const topic = this.database.topics.get(tableKey(arn));
    if (topic) this.#known.set(arn, topic);
    else this.#known.delete(arn);
  }
}

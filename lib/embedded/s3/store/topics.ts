import { CachedTable } from "./database/cached-table";
import type { Database } from "./database/database";
import type { TopicRecord } from "./database/records";
import type { Outbox } from "./outbox";

/** The topics made through SNS. */
export class Topics {
  readonly #table: CachedTable<TopicRecord>;

  constructor(
    database: Database,
    private readonly outbox: Outbox,
  ) {
    this.#table = new CachedTable(database, database.topics, ({ arn }) => arn);
  }

  find(arn: string): TopicRecord | undefined {
    return this.#table.find(arn);
  }

  all(): TopicRecord[] {
    return this.#table.all();
  }

  /** Makes a topic, or gives one its new endpoint. @throws S3Error InsufficientStorage */
  put(topic: TopicRecord): Promise<void> {
    return this.#table.change(topic.arn, () => topic);
  }

  /** Removes a topic with its undelivered events, if it exists. */
  remove(arn: string): Promise<void> {
    return this.#table.change(arn, (topic) => {
      if (topic) this.outbox.purge(arn);
      return undefined;
    });
  }
}

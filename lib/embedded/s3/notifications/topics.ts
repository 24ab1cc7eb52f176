import type { Database } from "../store/database";
import type { TopicRecord } from "../store/records";

const tableKey = (arn: string) => Buffer.from(arn);

/** All topics there are, the configured ones and those made through SNS. They are held in memory: each event asks for one. */
export class Topics {
  readonly #configured: ReadonlyMap<string, TopicRecord>;
  readonly #made = new Map<string, TopicRecord>();

  constructor(
    configured: readonly TopicRecord[],
    private readonly database: Database,
  ) {
    this.#configured = new Map(configured.map((topic) => [topic.arn, topic]));
    for (const { value } of database.topics.getRange({})) this.#made.set(value.arn, value);
  }

  isConfigured(arn: string): boolean {
    return this.#configured.has(arn);
  }

  find(arn: string): TopicRecord | undefined {
    return this.#configured.get(arn) ?? this.#made.get(arn);
  }

  /** By ARN. */
  all(): TopicRecord[] {
    return [...new Map([...this.#made, ...this.#configured]).values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
  }

  /** Makes a topic, or gives one its new endpoint. */
  async put(topic: TopicRecord): Promise<void> {
    await this.database.commit(() => this.database.topics.put(tableKey(topic.arn), topic));
    this.#refresh(topic.arn);
  }

  /** @param forget drops what belongs to it; within the transaction */
  async remove(arn: string, forget: () => void): Promise<void> {
    await this.database.commit(() => {
      if (!this.database.topics.get(tableKey(arn))) return;
      this.database.topics.remove(tableKey(arn));
      forget();
    });
    this.#refresh(arn);
  }

  /** What is in the table is what counts: of several changes under way, the last one in. */
  #refresh(arn: string): void {
    const topic = this.database.topics.get(tableKey(arn));
    if (topic) this.#made.set(arn, topic);
    else this.#made.delete(arn);
  }
}

import "server-only";
import type { Job, WorkOptions } from "pg-boss";
import { warmDecoders } from "@/lib/derive/decoder/decoder";
import { each, handleDerive, type JobContext } from "./handlers";
import { type DeriveJob, queueNames } from "./queue/boss";

/** After so long without one that became free, workers are held by pictures that take long. */
const heldMilliseconds = 1_000;
const mostGuests = 2;

/** Takes only jobs of people of whom none is running, on this machine or another. */
const ofOthers = { groupConcurrency: 1 } as const;

/**
 * The workers of the queue of revisions to be derived: so many for the people whose turn it is. While all of them are held by pictures that
 * take long, up to two more for other people, so that one person's pictures do not hold up those of others.
 */
export class DeriveWorkers {
  private running = 0;
  private readonly guests: string[] = [];
  private held: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    private readonly context: JobContext,
    private readonly polling: WorkOptions,
    private readonly concurrency: number,
  ) {
    if (concurrency < 1) throw new RangeError("a worker decodes one picture at once or more");
  }

  async start(): Promise<void> {
    warmDecoders(this.concurrency);
    for (let i = 0; i < this.concurrency; i++) await this.add({});
  }

  /** Adds no more workers. Those there are end with `offWork`. */
  stop(): void {
    this.isStopped = true;
    clearTimeout(this.held);
  }

  private async add(options: WorkOptions): Promise<string> {
    const { boss } = this.context;
    let id: string | undefined;
    const run = async ({ data }: Job<DeriveJob>) => {
      // The next one is fetched without a pause. A batch would do so, too, but what waits in it would wait for the first.
      if (id) boss.notifyWorker(id);
      this.running += 1;
      this.watch();
      try {
        await handleDerive(this.context, data.revisionId);
      } finally {
        this.running -= 1;
        this.watch();
      }
    };
    id = await boss.work<DeriveJob>(queueNames.derive, { ...this.polling, ...options }, each(this.context, run));
    return id;
  }

  /** Called whenever a worker is taken or becomes free. */
  private watch(): void {
    clearTimeout(this.held);
    if (this.isStopped) return;
    if (this.running < this.concurrency) this.dismiss();
    else if (this.running >= this.concurrency + this.guests.length && this.guests.length < mostGuests) {
      this.held = setTimeout(() => void this.invite(), heldMilliseconds);
    }
  }

  private async invite(): Promise<void> {
    try {
      this.guests.push(await this.add(ofOthers));
    } catch (error) {
      // The queue was stopped.
      this.context.log.warn({ reason: error instanceof Error ? error.message : String(error) }, "no worker for others");
    }
  }

  /** Lets the workers of other people end with the job they have. */
  private dismiss(): void {
    const { boss, log } = this.context;
    for (const id of this.guests.splice(0)) {
      boss.offWork(queueNames.derive, { id, wait: false }).catch((error: Error) => {
        log.warn({ reason: error.message }, "a worker for others did not end");
      });
    }
  }
}

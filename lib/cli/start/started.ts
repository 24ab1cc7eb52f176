type Stop = () => Promise<void> | void;

/** Stops started parts in the opposite order, each even when the stop of another failed. */
export class Started {
  private readonly entries: { name: string; stop: Stop }[] = [];
  private isClosed = false;

  /** Takes over a started part. When all are being stopped already, stops it at once and throws. */
  async add(name: string, stop: Stop): Promise<void> {
    this.entries.push({ name, stop });
    if (!this.isClosed) return;
    await this.stopAll();
    throw new Error("stopped");
  }

  /** Returns whether all stopped cleanly. */
  async stopAll(): Promise<boolean> {
    this.isClosed = true;
    let isClean = true;
    for (let entry = this.entries.pop(); entry; entry = this.entries.pop()) {
      try {
        await entry.stop();
      } catch (error) {
        isClean = false;
        console.error(`${entry.name} did not stop cleanly: ${(error as Error).message}`);
      }
    }
    return isClean;
  }
}

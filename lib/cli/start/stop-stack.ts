type Stop = () => Promise<void> | void;

/** Stops started services in reverse order. A failing one does not prevent the others from being stopped. */
export class StopStack {
  private readonly entries: { name: string; stop: Stop }[] = [];
  private isClosed = false;

  /** Adds a started service. After `stopAll` it stops the service at once and throws. */
  async add(name: string, stop: Stop): Promise<void> {
    this.entries.push({ name, stop });
    if (!this.isClosed) return;
    await this.stopAll();
    throw new Error("stopped");
  }

  /** Returns whether all services stopped without error. */
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

type Stop = () => Promise<void> | void;

/** What was started, stopped in the opposite order; each stop is tried whatever the others did. */
export class StopStack {
  private readonly entries: { name: string; stop: Stop }[] = [];
  private isClosed = false;

  /** Takes over a started thing. When all is being stopped already, it is stopped at once and this throws. */
  async add(name: string, stop: Stop): Promise<void> {
    this.entries.push({ name, stop });
    if (!this.isClosed) return;
    await this.stopAll();
    throw new Error("stopped");
  }

  /** Gives whether everything stopped cleanly. */
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

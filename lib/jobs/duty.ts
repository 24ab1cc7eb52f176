import "server-only";
import type { Logger } from "pino";
import type { SystemViewer } from "@/lib/auth/viewer";
import { renewMark } from "@/lib/owner/commands";
import { type Standing, standingText } from "@/lib/owner/policy";

export type Duty = {
  /** Looks at the bucket's owner, then starts or stops taking jobs. Returns whether jobs are taken. */
  check(): Promise<boolean>;
};

type Work = { viewer: SystemViewer; log: Logger; start(): Promise<void>; stop(): Promise<void> };

/**
 * Takes jobs only while this database owns the bucket: all of them read, write or delete there, and would fail. A look that
 * fails changes nothing: before the first one that succeeds, no jobs are taken.
 */
export function createDuty({ viewer, log, start, stop }: Work): Duty {
  let latest: Standing | undefined;
  const look = async (): Promise<Standing | undefined> => {
    try {
      return await renewMark(viewer);
    } catch (error) {
      log.error({ reason: error instanceof Error ? error.message : String(error) }, "the bucket's owner is unknown");
      return latest;
    }
  };
  return {
    async check() {
      const standing = await look();
      const [was, is] = [latest === "owner", standing === "owner"];
      if (is && !was) {
        // What a failed start left is stopped, so that the next one does not double it.
        await start().catch(async (error: unknown) => {
          await stop();
          throw error;
        });
      }
      if (was && !is) await stop();
      if (standing !== undefined && standing !== latest && standing !== "owner")
        log.warn({ standing }, `no jobs: ${standingText(standing)}`);
      if (is && !was && latest !== undefined) log.info("jobs are taken again");
      latest = standing;
      return is;
    },
  };
}

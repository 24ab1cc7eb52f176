import { once } from "node:events";
import net from "node:net";
import { freePort } from "@/lib/embedded/postmaster";
import { EnvError, parseEnv, parseStartEnv, type StartEnv } from "@/lib/env";

/** What `up` starts from. Throws EnvError. */
export async function readStartEnvironment(): Promise<StartEnv> {
  // As with every server, port 0 is "any free one".
  if (process.env.PORT === "0") process.env.PORT = String(await freePort());
  const start = parseStartEnv(process.env);
  // A database of one's own wants a secret of one's own, too: said now, not after a minute of building.
  if (start.DATABASE_URL) parseEnv(process.env);
  requireKeyPair(process.env);
  return start;
}

// Half a key pair is a slip: the SDK would turn to its other sources and fail at the first upload, or use another account.
function requireKeyPair(environment: NodeJS.ProcessEnv): void {
  const [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
  if (environment[id] && !environment[secret]) throw new EnvError(`${secret} is missing beside ${id}`);
  if (!environment[id] && environment[secret]) throw new EnvError(`${id} is missing beside ${secret}`);
}

/** Throws Error, one line, when something listens on the site's port. */
export async function refuseTakenPort(port: number): Promise<void> {
  const probe = net.createServer();
  probe.listen({ port, exclusive: true });
  try {
    await once(probe, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "is taken by another program" : `cannot be listened on (${code})`;
    throw new Error(`PORT ${port} ${why}: stop that program, or set PORT to another number`, { cause: error });
  }
  probe.close();
  await once(probe, "close");
}

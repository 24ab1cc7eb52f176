import { once } from "node:events";
import net from "node:net";
import { freePort } from "@/lib/embedded/postmaster";
import { EnvError, isLoopback, parseEnv, parseStartEnv, type StartEnv } from "@/lib/env";
import { mayHaveDemo } from "./demo";
import { chooseParts, type Parts } from "./parts";

/** Reads and checks the environment of `up`. Throws EnvError. */
export async function readStartEnvironment(): Promise<{ start: StartEnv; parts: Parts; hasDemo: boolean }> {
  // Port 0 means any free port.
  if (process.env.PORT === "0") process.env.PORT = String(await freePort());
  const start = parseStartEnv(process.env);
  requireKeyPair(process.env);
  const parts = chooseParts(start, process.env);
  // With an external database NEXTAUTH_SECRET is required. Checked here, before the build takes a minute.
  if (parts.database === "given") parseEnv(process.env);
  return { start, parts, hasDemo: mayHaveDemo(start, parts) };
}

// With half a key pair the SDK would silently use its other sources, and fail later or use another account.
function requireKeyPair(environment: NodeJS.ProcessEnv): void {
  const [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
  if (environment[id] && !environment[secret]) throw new EnvError(`${secret} is missing beside ${id}`);
  if (!environment[id] && environment[secret]) throw new EnvError(`${id} is missing beside ${secret}`);
}

/** Checks that the site's port is free. Throws a one-line Error. */
export async function requireFreePort(port: number): Promise<void> {
  const probe = net.createServer();
  probe.listen({ port, exclusive: true });
  try {
    await once(probe, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "is in use by another program" : `cannot be listened on (${code})`;
    throw new Error(`PORT ${port} ${why}: stop that program, or set PORT to another number`, { cause: error });
  }
  probe.close();
  await once(probe, "close");
}

/**
 * Returns a line for the operator of a site that others reach by http; null for https, and on this machine. Browsers take secure
 * cookies over https only, so that such a site has others, which any network on the way can read.
 */
export function insecureSiteWarning(siteUrl: string): string | null {
  if (siteUrl.startsWith("https:") || isLoopback(siteUrl)) return null;
  return `WARNING: passwords, sessions and pictures cross the network readable by others, as ATOLL_URL=${siteUrl} has no TLS. Put a proxy with a certificate in front of the site and set ATOLL_URL=https://…`;
}

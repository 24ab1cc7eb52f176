// The process of the site: an HTTP server that logs requests, limits bodies and sets security headers, then calls Next.
// Started without the react-server condition, so it must not import server-only modules.
import { randomBytes } from "node:crypto";
import http from "node:http";
import path from "node:path";
import type { Duplex } from "node:stream";
import next from "next";
import { closeServer } from "@/lib/embedded/server-close";
import { env, requireStorageNamed } from "@/lib/env";
import { root } from "./install.mjs";
import { notifyParent, stopRequested } from "./process/lifetime";
import { fatalExitCode } from "./process/supervise";
import { watchBody } from "./site/body";
import { clientAddressBehind } from "./site/client-address";
import { databaseProbe } from "./site/database-probe";
import { setForwardedHost } from "./site/forwarded-host";
import { contentSecurityPolicy, fixedHeaders } from "./site/headers";
import { refuseRequest } from "./site/refusal";
import { openRequestLog } from "./site/request-log";
import { selfCallMarker } from "./site/self-call";
import { acceptUpgrades, listen } from "./site/server";
import { refuseForeign, refuseForeignUpgrade } from "./site/this-machine";
import { answerUnavailable, isPage } from "./site/unavailable-page";

const closeTimeoutMs = 8_000;

async function main(): Promise<void> {
  const stop = stopRequested();
  const site = env();
  requireStorageNamed(site);
  const dev = process.env.NODE_ENV === "development";
  const app = next({ dev, dir: root, port: site.PORT });
  await app.prepare();
  const handle = app.getRequestHandler();
  const log = openRequestLog(path.join(site.ATOLL_DATA_DIR, "logs/requests.ndjson"));
  const database = databaseProbe(site.DATABASE_URL);
  const headers = fixedHeaders(site);

  const isSelfCall = selfCallMarker();
  const address = clientAddressBehind({ hops: site.ATOLL_PROXY_HOPS, networks: site.ATOLL_PROXY_NETWORKS });

  let isProxyTold = false;
  const respond = async (req: http.IncomingMessage, res: http.ServerResponse) => {
    if (refuseForeign(req, res, site.ATOLL_LISTEN)) return;
    for (const [name, value] of headers) res.setHeader(name, value);
    const body = watchBody(req, res);
    log.watch(req, res, body.bytesIn);
    if (body.isRefused || refuseRequest(req, res)) return;
    setForwardedHost(req);
    if (!isSelfCall(req)) {
      address.set(req);
      const line = isProxyTold ? null : address.undeclaredProxy(req);
      if (line) console.error(line);
      isProxyTold ||= line !== null;
    }
    const policy = contentSecurityPolicy(site, randomBytes(16).toString("base64"), dev);
    res.setHeader("Content-Security-Policy", policy);
    // Next reads the nonce for its scripts from the request: https://nextjs.org/docs/app/guides/content-security-policy
    req.headers["content-security-policy"] = policy;
    if (isPage(req.url ?? "/") && !(await database.isUp())) return answerUnavailable(res);
    await handle(req, res);
  };

  const server = http.createServer((req, res) => {
    respond(req, res).catch((error: unknown) => {
      console.error(`${req.method} failed`, error);
      if (!res.headersSent) res.writeHead(500, { "Content-Type": "text/plain" });
      res.end("Something went wrong on the server. Try again.\n");
    });
  });
  const refuseUpgrade = (req: http.IncomingMessage, socket: Duplex) =>
    refuseForeignUpgrade(req, socket, site.ATOLL_LISTEN);
  // Only the dev server uses WebSockets (hot reload).
  if (dev) acceptUpgrades(server, app.getUpgradeHandler(), refuseUpgrade);
  await listen(server, site.PORT);
  notifyParent({ type: "ready" });
  await stop;
  const cutOff = await closeServer(server, closeTimeoutMs);
  if (cutOff > 0) console.error(`${cutOff} requests took too long and were cut off.`);
  await Promise.all([log.close(), database.close(), app.close()]);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const { code, name, message } = error as NodeJS.ErrnoException;
    const isFatal = code === "EADDRINUSE" || code === "EACCES" || name === "EnvError";
    console.error(isFatal ? message : error);
    process.exit(isFatal ? fatalExitCode : 1);
  },
);

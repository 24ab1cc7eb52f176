import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { closeServer, trackRequests } from "../server-close";
import { configuredRoles, type S3Role } from "./auth/configured-roles";
import { RoleDirectory } from "./auth/role-directory";
import { SessionDirectory } from "./auth/sessions";
import { type S3User, UserDirectory } from "./auth/users";
import type { Service } from "./call/call";
import { dispatch } from "./dispatch";
import type { LifecycleOutcome } from "./lifecycle/outcome";
import { scheduleLifecycles } from "./lifecycle/schedule";
import { Delivery } from "./notifications/delivery";
import { publishExpiry } from "./notifications/publish";
import { configuredTopics, type S3Topic } from "./notifications/topic";
import { TopicDirectory } from "./notifications/topic-directory";
import { type StoreLogger, silentLogger } from "./store/logger";
import { openStore } from "./store/store";
import { answerUnparsable } from "./unparsable";

export interface S3Options {
  /** Folder for everything the store keeps; made when missing. One store at a time works on it. */
  readonly dataDir: string;
  /** 0 (the default) picks a free port. */
  readonly port?: number;
  /** Address to listen on; the default is this machine alone. */
  readonly host?: string;
  readonly region?: string;
  /** Users with access keys; the first one is root. */
  readonly users: readonly S3User[];
  /** Roles for STS, beside those that root makes through IAM. */
  readonly roles?: readonly S3Role[];
  /** Topics that buckets' notifications may name, beside those that root makes through SNS. */
  readonly topics?: readonly S3Topic[];
  /** How many undelivered events are kept for a topic, the newest ones; the default is 100,000. */
  readonly maxPendingEvents?: number;
  readonly logger?: StoreLogger;
}

export interface RunningS3 {
  /** `http://host:port`, for the SDK's `endpoint` with `forcePathStyle`. */
  readonly endpoint: string;
  readonly port: number;
  /** Resolves when files left by an interrupted run are removed. */
  readonly swept: Promise<void>;
  /**
   * Applies the buckets' lifecycles as at a time, now by default; the store does so itself when it starts and every hour.
   * Runs never overlap: this one waits for the one in progress.
   * @throws S3Error InsufficientStorage
   */
  runLifecycle(at?: Date): Promise<LifecycleOutcome>;
  /** Stops gracefully: no new connections, 5 s for the requests in progress, then everything is closed. */
  stop(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 20_000;
const IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 72_000;
const STOP_DEADLINE_MS = 5_000;
/** Signed URLs with session policies are long. S3 has the same limit for headers. */
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Starts the S3 store. Resolves when it accepts requests.
 * @throws Error when the folder is in use, the port is taken or users, roles or topics are malformed
 */
export async function startS3(options: S3Options): Promise<RunningS3> {
  const { port = 0, host = "127.0.0.1", region = "us-east-1", logger = silentLogger } = options;
  const users = new UserDirectory(options.users);
  const configured = configuredRoles(options.roles ?? [], users);
  const namedTopics = configuredTopics(options.topics ?? [], region);
  const store = await openStore(resolve(options.dataDir), { logger, maxPendingEvents: options.maxPendingEvents });
  const roles = new RoleDirectory(configured, store.roles);
  const sessions = new SessionDirectory(store.sessionKey, users, roles);
  const topics = new TopicDirectory(namedTopics, store.topics);
  const { outbox } = store;
  const delivery = new Delivery(outbox, topics, logger);
  const service: Service = { region, users, roles, sessions, topics, outbox, store, logger };
  const pending = new Set<Promise<void>>();
  let stopping: Promise<void> | undefined;
  const serve = (expectsContinue: boolean) => (req: IncomingMessage, res: ServerResponse) => {
    const work = dispatch(service, req, res, { expectsContinue, isStopping: () => stopping !== undefined }).finally(
      () => pending.delete(work),
    );
    pending.add(work);
  };
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: 0, // a slow upload of 5 GB is fine; `paced` ends slow and `timeout` idle ones
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 5_000,
      highWaterMark: 256 * 1024,
      noDelay: true,
    },
    serve(false),
  );
  server.on("checkContinue", serve(true));
  // S3 and Ceph take any other expectation as none. Node would answer 417, which RFC 9110 allows but does not require.
  server.on("checkExpectation", serve(false));
  server.timeout = IDLE_TIMEOUT_MS;
  trackRequests(server);
  answerUnparsable(server);
  try {
    await new Promise<void>((listening, failed) => {
      server.once("error", failed);
      server.listen(port, host, listening);
    });
  } catch (error) {
    await store.close();
    throw error;
  }
  delivery.start();
  const lifecycles = scheduleLifecycles(store, logger, publishExpiry(service));
  const stop = async () => {
    const quiet = lifecycles.stop();
    const cutOff = await closeServer(server, STOP_DEADLINE_MS);
    if (cutOff > 0) logger.error({ cutOff }, "requests were cut off at the stop");
    await Promise.all([...pending, quiet]);
    await delivery.stop();
    await store.close();
  };
  const bound = (server.address() as AddressInfo).port;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    endpoint: `http://${name}:${bound}`,
    port: bound,
    swept: store.swept,
    runLifecycle: lifecycles.run,
    stop: () => (stopping ??= stop()),
  };
}

import { chmod, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { DeleteObjectsCommand } from "@aws-sdk/client-s3";
import { type Browser, chromium } from "playwright";
import { applyBucket } from "@/lib/infra/apply";
import { mediaBucket } from "@/lib/infra/settings";
import { createStorage, type Storage } from "@/lib/storage/client";
import { listObjectVersions } from "@/lib/storage/objects/list";
import { permitFor } from "@/tests/support/fixtures/permit";
import { FaultProxy } from "../../support/fault-proxy";
import { ensureBrowser } from "../../support/find-browser.mjs";
import { startTestPostgres } from "../../support/services/postgres";
import { databaseUrl, makeTemplate } from "../../support/template";
import { startProcess } from "../process/start";
import { type OwnStore, startOwnStore } from "../store/own";
import { DiskFiles } from "./disk-files";
import { Tab } from "./tab";

export const farMs = 80;

type Open = { defer: (close: () => unknown) => void };

/** The environment of all contestants: one store, one site, one browser, and a proxy that adds latency to both. */
export class World {
  readonly #closers: (() => unknown)[] = [];
  #near!: { origin: string; storage: Storage };
  #far!: { origin: string };
  #browser!: Browser;
  files!: DiskFiles;

  static async open(): Promise<World> {
    const world = new World();
    try {
      await world.#start({ defer: (close) => world.#closers.unshift(close) });
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  async #start({ defer }: Open): Promise<void> {
    const executablePath = await ensureBrowser();
    const dir = await mkdtemp(path.join(os.tmpdir(), "bench-upload-"));
    // Run as root, PostgreSQL runs as another user.
    await chmod(dir, 0o711);
    defer(() => rm(dir, { recursive: true, force: true }));
    this.files = new DiskFiles(path.join(dir, "files"));
    const store = await startOwnStore(path.join(dir, "s3"));
    defer(() => store.stop());
    const postgres = await startTestPostgres(path.join(dir, "postgres"));
    defer(() => postgres.stop());
    const { name } = await makeTemplate(postgres.adminUrl);
    const { endpoint = "" } = store.identity;
    const startSite = async (publicEndpoint: string, otherEndpoint?: string) => {
      const file = path.join(import.meta.dirname, "site-process.ts");
      const more = otherEndpoint && { S3_UPLOAD_ENDPOINTS: `${otherEndpoint}/${store.identity.bucket}` };
      const env = { ...environment(databaseUrl(postgres.adminUrl, name), store, publicEndpoint), ...more };
      const { line, stop } = await startProcess(file, [], { env });
      defer(stop);
      return line;
    };
    const startFar = async (target: string) => {
      const proxy = await FaultProxy.start({ target, latencyMs: farMs });
      defer(() => proxy.stop());
      return proxy.endpoint;
    };
    const origin = await startSite(endpoint);
    // A second address of the bucket, as path style and virtual-host style are.
    const farStores = [await startFar(endpoint), await startFar(endpoint)] as const;
    const farSite = await startFar(await startSite(...farStores));
    const { accessKeyId, secretAccessKey, ...place } = store.identity;
    const storage = createStorage({ ...place, credentials: { accessKeyId, secretAccessKey } });
    defer(() => storage.close());
    const origins = [origin, farSite];
    await applyBucket(permitFor(storage), storage, mediaBucket({ bucket: "bench", origins, secure: false }));
    this.#near = { origin, storage };
    this.#far = { origin: farSite };
    const args = ["--no-sandbox", "--disable-dev-shm-usage", "--enable-precise-memory-info"];
    this.#browser = await chromium.launch({ executablePath, args });
    defer(() => this.#browser.close());
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }

  get chromium(): string {
    return this.#browser.version();
  }

  /** Runs in a page with a new profile: without cached preflights, connections and memory of earlier runs. */
  async inTab<Result>({ far }: { far: boolean }, work: (tab: Tab) => Promise<Result>): Promise<Result> {
    const tab = await Tab.open(this.#browser, far ? this.#far.origin : this.#near.origin);
    try {
      return await work(tab);
    } finally {
      await tab.close();
    }
  }

  /** Counts versions and bytes under a prefix, then deletes them to free space. Versions reveal files that were sent twice. */
  async take(prefix: string): Promise<{ versions: number; bytes: number }> {
    const { storage } = this.#near;
    const found = { versions: 0, bytes: 0 };
    for await (const page of listObjectVersions(prefix, storage)) {
      found.versions += page.length;
      found.bytes += page.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const Objects = page.map(({ key, versionId }) => ({ Key: key, VersionId: versionId }));
      const Delete = { Objects, Quiet: true };
      if (page.length > 0) await storage.client.send(new DeleteObjectsCommand({ Bucket: storage.bucket, Delete }));
    }
    return found;
  }
}

/** Returns the environment of the site. `publicEndpoint` is the endpoint for browsers. */
function environment(database: string, { identity }: OwnStore, publicEndpoint: string) {
  return {
    DATABASE_URL: database,
    NEXTAUTH_SECRET: "required by the environment, unused by the benchmark",
    S3_ENDPOINT: identity.endpoint,
    S3_PUBLIC_ENDPOINT: publicEndpoint,
    S3_REGION: identity.region,
    S3_BUCKET: identity.bucket,
    S3_FORCE_PATH_STYLE: "true",
    AWS_ACCESS_KEY_ID: identity.accessKeyId,
    AWS_SECRET_ACCESS_KEY: identity.secretAccessKey,
    AWS_SESSION_TOKEN: "",
    AWS_PROFILE: "",
  };
}

import { createHash, randomBytes } from "node:crypto";
import { expect } from "vitest";
import { type ConflictChoice, uploadPolicy } from "@/lib/upload/policy";
import type { FileSource } from "@/lib/uploader/browser/walk";
import { createUploader } from "@/lib/uploader/engine";
import { crc64nvmeOf, hashHere } from "@/lib/uploader/hash/hashing";
import type { UploadFile } from "@/lib/uploader/state/file";
import { itemsOf } from "@/lib/uploader/state/vector";
import { postByFetch } from "@/lib/uploader/transport/post-fetch";
import { putByFetch } from "@/lib/uploader/transport/put-fetch";
import type { PartTransport, Transport } from "@/lib/uploader/transport/transport";
import type { Uploader } from "@/lib/uploader/uploader";
import { until } from "@/tests/support/until";
import { ManualClock } from "../../unit/uploader/world/manual-clock";
import type { Site } from "./site";

export type SourceFile = { path: string; source: FileSource };

export function sourceFile(path: string, text = `the bytes of ${path}`): SourceFile {
  return { path, source: { file: new File([text], path.split("/").at(-1) ?? "", { lastModified: 1 }) } };
}

export function tree(count: number): SourceFile[] {
  return Array.from({ length: count }, (_, index) => sourceFile(`reef/site-${index % 7}/IMG_${index}.jpg`));
}

export async function* inBatches(files: SourceFile[]) {
  for (let start = 0; start < files.length; start += 100)
    yield { files: files.slice(start, start + 100), system: 0, unreadable: [] };
}

type BenchOptions = { transport?: Transport; partTransport?: PartTransport; conflict?: ConflictChoice };

/** A file of so many MiB that is nowhere the same. */
export function large(path: string, mib: number): SourceFile {
  const bytes = randomBytes(Math.round(mib * 1024 * 1024));
  return { path, source: { file: new File([bytes], path, { lastModified: 1 }) } };
}

/** An uploader whose waiting is done by hand: time passes only while `until` looks. */
export class Bench {
  readonly clock = new ManualClock();
  readonly site: Site;
  readonly uploader: Uploader;
  posts = 0;
  parts = 0;

  /** Connections to the storage in use, and the most there were at once, of either kind and together. */
  readonly busy = { posts: 0, parts: 0 };
  readonly most = { posts: 0, parts: 0, both: 0 };

  constructor(site: Site, { transport = postByFetch, partTransport = putByFetch, ...rest }: BenchOptions = {}) {
    this.site = site;
    this.uploader = createUploader({
      server: this.site,
      transport: (request) => {
        this.posts += 1;
        return this.#counted("posts", transport(request));
      },
      partTransport: (request) => {
        this.parts += 1;
        return this.#counted("parts", partTransport(request));
      },
      hasher: hashHere,
      clock: this.clock,
      random: () => 0.5,
      gatherMs: 0,
      ...rest,
    });
  }

  async #counted<T>(kind: "posts" | "parts", sending: Promise<T>): Promise<T> {
    const { busy, most } = this;
    busy[kind] += 1;
    most[kind] = Math.max(most[kind], busy[kind]);
    most.both = Math.max(most.both, busy.posts + busy.parts);
    return sending.finally(() => {
      busy[kind] -= 1;
    });
  }

  add(files: SourceFile[]): Promise<void> {
    return this.uploader.add(inBatches(files));
  }

  get state() {
    return this.uploader.getSnapshot();
  }

  files(): UploadFile[] {
    return [...itemsOf(this.state.files)];
  }

  async until(reached: () => boolean, stepMs = 0): Promise<void> {
    await until(() => {
      this.clock.advance(stepMs);
      if (!reached()) throw new Error(`still ${this.state.phase} ${JSON.stringify(this.state.counts)}`);
    }, 5);
  }

  /** Every file is there with its own bytes. */
  async expectAll(files: SourceFile[]): Promise<void> {
    const { storage } = this.site;
    const arrived = await storage.arrived(this.site.prefix);
    expect([...arrived.files.keys()].sort()).toEqual(files.map(({ path }) => path.normalize("NFC")).sort());
    for (const { path, source } of files) {
      if (source.file.size >= uploadPolicy.multipartFromBytes) {
        const crc = await crc64nvmeOf(source.file);
        expect(await storage.crcOf(this.site.prefix + path), path).toBe(crc);
        continue;
      }
      const md5 = createHash("md5")
        .update(await source.file.bytes())
        .digest("hex");
      expect(arrived.files.get(path.normalize("NFC"))?.etag, path).toBe(md5);
    }
  }
}

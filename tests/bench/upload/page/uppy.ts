import type { PostPolicy } from "@/lib/upload/schema";
import { type Contestant, newPrefix } from "./contestant";
import { siteCall } from "./site-call";

// The types used here: the packages are not dependencies of this project.
type UppyFile = { name: string; type: string };
type AddedFile = { name: string; type: string; data: File; source: string };
type UppyInstance = {
  use(plugin: unknown, options: object): UppyInstance;
  addFiles(files: AddedFile[]): void;
  getFiles(): unknown[];
  upload(): Promise<{ successful?: unknown[]; failed?: { error?: unknown }[] } | undefined>;
};
type Package = { Uppy: new (options: object) => UppyInstance; AwsS3: unknown };
type Signing = { signal?: AbortSignal };
type OfUpload = Signing & { key: string; uploadId: string };

/** The globals set by the scripts of the two versions. */
const loaded = globalThis as unknown as Record<"uppy5" | "uppy6", Package>;

const tunedPartBytes = 16 * 1024 * 1024;

/** Signs a form per file, which avoids preflights. Companion does so for version 5; version 6 accepts it too. */
async function form(prefix: string, key: string, type: string) {
  const { url, fields } = await siteCall<PostPolicy>("/peer/policy", { prefix });
  return { method: "POST", url, fields: { ...fields, key, "Content-Type": type } };
}

/** https://uppy.io/docs/aws-s3/, without Companion. Six at a time and multipart above 100 MiB are its defaults. */
function options5(prefix: string, tuned: boolean) {
  const keyOf = (file: UppyFile) => prefix + file.name;
  return {
    limit: 6,
    getUploadParameters: (file: UppyFile, { signal }: Signing) =>
      tuned ? form(prefix, keyOf(file), file.type) : siteCall("/peer/put", { key: keyOf(file) }, signal),
    createMultipartUpload: (file: UppyFile) => siteCall("/peer/create", { key: keyOf(file) }),
    signPart: (_: UppyFile, { key, uploadId, partNumber, signal }: OfUpload & { partNumber: number }) =>
      siteCall("/peer/part", { key, uploadId, partNumber }, signal),
    listParts: (_: UppyFile, { key, uploadId, signal }: OfUpload) => siteCall("/peer/list", { key, uploadId }, signal),
    completeMultipartUpload: (_: UppyFile, { key, uploadId, parts, signal }: OfUpload & { parts: unknown }) =>
      siteCall("/peer/complete", { key, uploadId, parts }, signal),
    abortMultipartUpload: () => undefined,
    ...(tuned && { getChunkSize: () => tunedPartBytes }),
  };
}

type Request = { method: string; key: string; uploadId?: string; contentType?: string };

/** Uses `signRequest`: the site signs every call to S3. */
function options6(prefix: string, tuned: boolean) {
  return {
    limit: 6,
    generateObjectKey: (file: UppyFile) => prefix + file.name,
    signRequest: (request: Request) =>
      tuned && request.method === "PUT" && request.uploadId === undefined
        ? form(prefix, request.key, request.contentType ?? "")
        : siteCall("/peer/sign", request),
    ...(tuned && { getChunkSize: () => tunedPartBytes }),
  };
}

function contestant(packed: () => Package, options: (prefix: string, tuned: boolean) => object): Contestant {
  const make = (prefix: string, tuned: boolean) => {
    const { Uppy, AwsS3 } = packed();
    return new Uppy({ autoProceed: false }).use(AwsS3, options(prefix, tuned));
  };
  const described = (files: File[]) =>
    files.map((data) => ({ name: data.name, type: data.type, data, source: "bench" }));
  return {
    async upload(files, { tuned }) {
      const prefix = newPrefix();
      const uppy = make(prefix, tuned);
      uppy.addFiles(described(files));
      const result = await uppy.upload();
      const [failed] = result?.failed ?? [];
      if (failed) throw new Error(`Uppy: ${String(failed.error)}`);
      return prefix;
    },
    async add(files) {
      const uppy = make(newPrefix(), false);
      uppy.addFiles(described(files));
      if (uppy.getFiles().length !== files.length) throw new Error("Uppy did not add all files");
      return uppy;
    },
  };
}

export const uppy5 = contestant(() => loaded.uppy5, options5);
export const uppy6 = contestant(() => loaded.uppy6, options6);

import type { PostPolicy } from "@/lib/upload/schema";
import type { Hasher } from "@/lib/uploader/hash/hasher";
import { hashInWorker } from "@/lib/uploader/hash/worker-hasher";
import { type Contestant, isLarge, newPrefix } from "./contestant";
import { siteCall } from "./site-call";

/** The path of the hash worker on the benchmark's site. */
export const startHashWorker = () => new Worker("/hash-worker.js", { type: "module" });

const lanes = 6;
const partBytes = 16 * 1024 * 1024;

/** With a listener for upload progress, as any page that shows it needs: it makes the browser send a preflight. */
function send(
  method: "POST" | "PUT",
  url: string,
  body: FormData | Blob,
  headers: Record<string, string> = {},
): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.upload.onprogress = () => undefined;
    xhr.onload = () => (xhr.status < 300 ? resolve(xhr) : reject(new Error(`HTTP ${xhr.status}: ${xhr.responseText}`)));
    xhr.onerror = () => reject(new Error(`${method} failed`));
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.send(body);
  });
}

async function sixWay<Item>(items: readonly Item[], one: (item: Item, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      await one(items[index] as Item, index);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

type FieldsOf = (file: File) => Promise<Record<string, string>>;

function formLoop(policyCall: string, fieldsOf: FieldsOf): Contestant {
  return {
    async upload(files) {
      const prefix = newPrefix();
      const { url, fields } = await siteCall<PostPolicy>(policyCall, { prefix });
      await sixWay(files, async (file) => {
        const form = new FormData();
        const own = { key: prefix + file.name, "Content-Type": file.type, ...(await fieldsOf(file)) };
        for (const [name, value] of Object.entries({ ...fields, ...own })) form.append(name, value);
        form.append("file", file);
        await send("POST", url, form);
      });
      return prefix;
    },
  };
}

/** Sends six forms at a time to one URL, without any other work. A large file is one form. */
export const barePost = formLoop("/peer/policy", async () => ({}));

const hashedForms = formLoop("/peer/policy-checked", async (file) => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return { "x-amz-checksum-sha256": btoa(String.fromCharCode(...digest)) };
});

/**
 * The same with the SHA-256 of each file, or the CRC of each part, for the storage to verify: the limit for
 * uploads that verify every byte.
 */
export const bareChecked: Contestant = {
  async upload(files, options) {
    const [large] = files;
    if (!large || !isLarge(large)) return hashedForms.upload(files, options);
    const prefix = newPrefix();
    await putParts(prefix + large.name, large, hashInWorker(startHashWorker));
    return prefix;
  },
};

/** Sends six presigned PUTs at a time, with URLs from one earlier call; parts of 16 MiB for a large file. */
export const barePut: Contestant = {
  async upload(files) {
    const prefix = newPrefix();
    const [large] = files;
    if (large && isLarge(large)) await putParts(prefix + large.name, large);
    else {
      const urls = await siteCall<string[]>("/peer/puts", { keys: files.map(({ name }) => prefix + name) });
      await sixWay(files, async (file, index) => {
        await send("PUT", urls[index] ?? "", file);
      });
    }
    return prefix;
  },
};

async function putParts(key: string, file: File, hasher: Hasher | null = null): Promise<void> {
  const { uploadId } = await siteCall<{ uploadId: string }>("/peer/create", { key, checked: hasher !== null });
  const numbers = Array.from({ length: Math.ceil(file.size / partBytes) }, (_, index) => index + 1);
  const parts: { PartNumber: number; ETag: string }[] = [];
  const urls = hasher ? [] : await siteCall<string[]>("/peer/parts", { key, uploadId, numbers });
  const checked = async (part: Blob, partNumber: number) => {
    const crc = (await hasher?.crc64nvme(part)) ?? "";
    const { url } = await siteCall<{ url: string }>("/peer/part-checked", { key, uploadId, partNumber, crc });
    return send("PUT", url, part, { "x-amz-checksum-crc64nvme": crc });
  };
  await sixWay(numbers, async (PartNumber, index) => {
    const part = file.slice(index * partBytes, PartNumber * partBytes);
    const xhr = await (hasher ? checked(part, PartNumber) : send("PUT", urls[index] ?? "", part));
    parts[index] = { PartNumber, ETag: xhr.getResponseHeader("etag") ?? "" };
  });
  await siteCall("/peer/complete", { key, uploadId, parts });
}

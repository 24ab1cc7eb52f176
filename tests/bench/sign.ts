import os from "node:os";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { derivedKey, newDerivedId } from "@/lib/storage/keys";
import { presignView } from "@/lib/storage/presigned/view";
import { type PresignRequest, presign, type SigningIdentity } from "@/lib/storage/sign";
import { type Bench, median } from "./report";

const target = 100_000;
const rounds = 7;

const identity: SigningIdentity = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "eu-central-1",
  endpoint: "http://127.0.0.1:9000",
  bucket: "atoll-media",
  forcePathStyle: true,
};
const now = new Date();
// As on a real site: every page has new keys.
const keys = Array.from({ length: 20_000 }, () => derivedKey(newDerivedId(), 200));

const request = (key: string): PresignRequest => ({
  method: "GET",
  key,
  signedAt: now,
  expiresInSeconds: 2700,
  responseCacheControl: "private, max-age=2700, immutable",
  responseContentType: "image/webp",
  responseContentDisposition: "inline",
});

function sdkSigner(): (key: string) => Promise<string> {
  const client = new S3Client({
    region: identity.region,
    endpoint: "http://127.0.0.1:9000",
    forcePathStyle: true,
    credentials: { accessKeyId: identity.accessKeyId, secretAccessKey: identity.secretAccessKey },
  });
  return (Key) => {
    const { responseCacheControl, responseContentType, responseContentDisposition } = request(Key);
    const command = new GetObjectCommand({
      Bucket: identity.bucket,
      Key,
      ResponseCacheControl: responseCacheControl,
      ResponseContentType: responseContentType,
      ResponseContentDisposition: responseContentDisposition,
    });
    return getSignedUrl(client, command, { signingDate: now, expiresIn: 2700 });
  };
}

/** Measures URLs per second of processor time (including garbage collection) and of wall-clock time. */
type Speed = { processor: number; wall: number };

function speed(count: number, before: NodeJS.CpuUsage, startedAt: number): Speed {
  const { user, system } = process.cpuUsage(before);
  return { processor: (count / (user + system)) * 1e6, wall: (count / (performance.now() - startedAt)) * 1000 };
}

/** Returns the medians of the rounds, after one warm-up round. */
async function measure(count: number, sign: (some: readonly string[]) => void | Promise<void>): Promise<Speed> {
  const some = keys.slice(0, count);
  await sign(some);
  const speeds: Speed[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    const startedAt = performance.now();
    await sign(some);
    speeds.push(speed(count, before, startedAt));
  }
  return {
    processor: median(speeds.map(({ processor }) => processor)),
    wall: median(speeds.map(({ wall }) => wall)),
  };
}

/** Compares our signer with the SDK's, in one thread. */
export const bench: Bench = async () => {
  const signBySdk = sdkSigner();
  const sdk = await measure(1000, async (some) => {
    for (const key of some) await signBySdk(key);
  });
  const own = await measure(keys.length, (some) => {
    for (const key of some) presign(identity, request(key));
  });
  const view = await measure(keys.length, (some) => {
    for (const key of some) presignView(identity, { key, contentType: "image/webp" }, now);
  });
  const row = (name: string, { processor, wall }: Speed) => ({
    name,
    figures: [
      { value: processor, unit: "" },
      { value: wall, unit: "" },
      { value: processor / sdk.processor, unit: "×", digits: 1 },
    ],
  });
  const cpu = os.cpus()[0]?.model ?? "unknown processor";
  return {
    title: "Presigned GET URLs, one core",
    conditions: `Node ${process.versions.node}, ${cpu}; one thread, median of ${rounds} rounds, three response overrides. Other load affects wall-clock time only.`,
    columns: ["URLs/s of one core", "URLs/s, wall clock", "of the SDK"],
    rows: [
      row("@aws-sdk/s3-request-presigner getSignedUrl", sdk),
      row("Atoll presign, byte-equal", own),
      row("Atoll viewSigner (window and serving rule too)", view),
    ],
    targets: [
      { text: `presign ≥ ${target.toLocaleString("en-US")} URLs/s of one core`, met: own.processor >= target },
      { text: `viewSigner ≥ ${target.toLocaleString("en-US")} URLs/s of one core`, met: view.processor >= target },
    ],
  };
};

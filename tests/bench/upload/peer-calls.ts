import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
} from "@aws-sdk/client-s3";
import { storage } from "@/lib/storage/client";
import { createPostPolicy } from "@/lib/storage/presigned/post-policy";
import { presign } from "@/lib/storage/sign";
import { permitFor } from "@/tests/support/fixtures/permit";
import { presignCall, type SignedCall } from "./presign";
import type { Calls } from "./site";

const lifetime = { expiresInSeconds: 900 } as const;
const maxBytes = 5 * 1024 ** 3;

type Part = { key: string; uploadId: string; partNumber: number };
type Parts = { key: string; uploadId: string; parts: CompletedPart[] };

/** The site's calls for the plain loops and Uppy, as fast as possible. */
export const peerCalls: Calls = {
  "/peer/policy": (body) => {
    const { prefix } = body as { prefix: string };
    return createPostPolicy(permitFor(storage()), { prefix, minBytes: 1, maxBytes, ttlSeconds: 900 });
  },
  "/peer/policy-checked": (body) => {
    const { prefix } = body as { prefix: string };
    const checksumField = "x-amz-checksum-sha256";
    return createPostPolicy(permitFor(storage()), { prefix, minBytes: 1, maxBytes, ttlSeconds: 900, checksumField });
  },
  "/peer/put": async (body) => {
    const { key } = body as { key: string };
    const identity = await storage().signingIdentity();
    return { method: "PUT", url: presign(identity, { method: "PUT", key, signedAt: new Date(), ...lifetime }) };
  },
  "/peer/puts": async (body) => {
    const identity = await storage().signingIdentity();
    const sign = (key: string) => presign(identity, { method: "PUT", key, signedAt: new Date(), ...lifetime });
    return (body as { keys: string[] }).keys.map(sign);
  },
  "/peer/create": async (body) => {
    const { key, checked } = body as { key: string; checked?: boolean };
    const whole = { ChecksumAlgorithm: "CRC64NVME", ChecksumType: "FULL_OBJECT" } as const;
    const { UploadId } = await storage().client.send(
      new CreateMultipartUploadCommand({ Bucket: storage().bucket, Key: key, ...(checked && whole) }),
    );
    return { key, uploadId: UploadId };
  },
  "/peer/parts": async (body) => {
    const { key, uploadId, numbers } = body as { key: string; uploadId: string; numbers: number[] };
    const identity = await storage().signingIdentity();
    const sign = (n: number) =>
      presignCall(identity, { method: "PUT", key, query: { uploadId, partNumber: String(n) } });
    return numbers.map(sign);
  },
  "/peer/part-checked": async (body) => {
    const { key, uploadId, partNumber, crc } = body as Part & { crc: string };
    const query = { uploadId, partNumber: String(partNumber) };
    const headers = { "x-amz-checksum-crc64nvme": crc };
    return { url: presignCall(await storage().signingIdentity(), { method: "PUT", key, query, headers }) };
  },
  "/peer/part": async (body) => {
    const { key, uploadId, partNumber } = body as Part;
    const query = { uploadId, partNumber: String(partNumber) };
    return { url: presignCall(await storage().signingIdentity(), { method: "PUT", key, query }) };
  },
  "/peer/list": async (body) => {
    const { key, uploadId } = body as Part;
    const { Parts } = await storage().client.send(
      new ListPartsCommand({ Bucket: storage().bucket, Key: key, UploadId: uploadId }),
    );
    return Parts ?? [];
  },
  "/peer/complete": async (body) => {
    const { key, uploadId, parts } = body as Parts;
    const Parts = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    const at = { Bucket: storage().bucket, Key: key, UploadId: uploadId };
    await storage().client.send(new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts } }));
    return {};
  },
  /** Signs a call that Uppy 6 makes itself. */
  "/peer/sign": async (body) => {
    const { method, key, uploadId, partNumber } = body as SignedCall & Partial<Part>;
    const ofPart = { ...(uploadId && { uploadId }), ...(partNumber && { partNumber: String(partNumber) }) };
    const query = method === "POST" && !uploadId ? { uploads: "" } : ofPart;
    return { url: presignCall(await storage().signingIdentity(), { method, key, query }) };
  },
};

import type { Call, Reply } from "../../call/call";
import { emptyOk, noContent, xmlReply } from "../../call/call";
import { parseLifecycle } from "../../lifecycle/rules";
import { S3Error } from "../../protocol/errors";
import { expectRoot, textOf } from "../../protocol/xml-read";
import { leaf, xmlDocument } from "../../protocol/xml-write";
import { parseCors, renderCors } from "./cors";

export async function putBucketVersioning(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:PutBucketVersioning");
  const root = expectRoot(await call.text(), "VersioningConfiguration");
  const status = textOf(root, "Status");
  if (textOf(root, "MfaDelete") === "Enabled") throw new S3Error("NotImplemented", "MFA delete is not implemented.");
  if (status !== "Enabled" && status !== "Suspended") throw new S3Error("IllegalVersioningConfigurationException");
  await call.store.buckets.configure(bucket, { versioning: status });
  return emptyOk;
}

export async function getBucketVersioning(call: Call): Promise<Reply> {
  const { versioning } = call.authorizeBucket("s3:GetBucketVersioning");
  return xmlReply(xmlDocument("VersioningConfiguration", leaf("Status", versioning)));
}

export async function putBucketCors(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:PutBucketCORS");
  await call.store.buckets.configure(bucket, { cors: parseCors(await call.text()) });
  return emptyOk;
}

export async function getBucketCors(call: Call): Promise<Reply> {
  const { cors, name } = call.authorizeBucket("s3:GetBucketCORS");
  if (!cors) throw new S3Error("NoSuchCORSConfiguration", undefined, { BucketName: name });
  return xmlReply(renderCors(cors));
}

export async function deleteBucketCors(call: Call): Promise<Reply> {
  await call.store.buckets.configure(call.authorizeBucket("s3:PutBucketCORS"), { cors: undefined });
  return noContent;
}

export async function putBucketLifecycle(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:PutLifecycleConfiguration");
  await call.store.buckets.configure(bucket, { lifecycle: parseLifecycle(await call.text()) });
  return emptyOk;
}

export async function getBucketLifecycle(call: Call): Promise<Reply> {
  const { lifecycle, name } = call.authorizeBucket("s3:GetLifecycleConfiguration");
  if (lifecycle === undefined) throw new S3Error("NoSuchLifecycleConfiguration", undefined, { BucketName: name });
  return xmlReply(xmlDocument("LifecycleConfiguration", lifecycle));
}

export async function deleteBucketLifecycle(call: Call): Promise<Reply> {
  await call.store.buckets.configure(call.authorizeBucket("s3:PutLifecycleConfiguration"), { lifecycle: undefined });
  return noContent;
}

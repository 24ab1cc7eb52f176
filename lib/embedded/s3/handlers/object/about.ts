import { checkAclAllowed, renderAcl } from "../../access/acl";
import type { Call, Reply } from "../../call/call";
import { emptyOk, noContent, xmlReply } from "../../call/call";
import { parseTagging, renderTagging } from "../../metadata/tags";
import { S3Error } from "../../protocol/errors";
import type { HeaderMap, ObjectRecord } from "../../store/database/records";
import { readAcl } from "../bucket/access";
import { findReadable, requestedVersion } from "./get-object";

/** ACL and tags of an object. */

export function versionHeader(call: Call, record: ObjectRecord): Record<string, string> {
  return call.bucket.versioning ? { "x-amz-version-id": record.versionId } : {};
}

/** The version to change. @param tags its new tags @throws S3Error NoSuchKey, NoSuchVersion, MethodNotAllowed, AccessDenied */
function findWritable(call: Call, action: string, tags?: HeaderMap): ObjectRecord {
  const versionId = requestedVersion(call);
  const record = call.store.objects.find(call.bucket, call.key, versionId);
  call.authorizeVersion(
    versionId === undefined ? action : action.replace("Object", "ObjectVersion"),
    record,
    tags && Object.entries(tags),
  );
  if (!record) throw new S3Error(versionId === undefined ? "NoSuchKey" : "NoSuchVersion", undefined, { Key: call.key });
  if (record.isDeleteMarker) throw new S3Error("MethodNotAllowed", undefined, { ResourceType: "DeleteMarker" });
  return record;
}

export async function getObjectAcl(call: Call): Promise<Reply> {
  const record = findReadable(call, "s3:GetObjectAcl");
  return xmlReply(renderAcl(call.bucket, call.service.users, record), versionHeader(call, record));
}

export async function putObjectAcl(call: Call): Promise<Reply> {
  const record = findWritable(call, "s3:PutObjectAcl");
  const acl = await readAcl(call, "object", record.owner);
  checkAclAllowed(call.bucket, acl);
  await call.store.objects.amend(call.bucket, call.key, record, { acl }, call.authorizeAgain);
  return emptyOk;
}

export async function getObjectTagging(call: Call): Promise<Reply> {
  const record = findReadable(call, "s3:GetObjectTagging");
  return xmlReply(renderTagging(record.tags), versionHeader(call, record));
}

export async function putObjectTagging(call: Call): Promise<Reply> {
  const tags = parseTagging(await call.text()) ?? {}; // before the authorization, as policies can have conditions on tags
  const record = findWritable(call, "s3:PutObjectTagging", tags);
  const publish = call.publish<ObjectRecord>("ObjectTagging:Put");
  await call.store.objects.amend(call.bucket, call.key, record, { tags }, call.authorizeAgain, publish);
  return { ...emptyOk, headers: { ...emptyOk.headers, ...versionHeader(call, record) } };
}

export async function deleteObjectTagging(call: Call): Promise<Reply> {
  const record = findWritable(call, "s3:DeleteObjectTagging");
  const publish = call.publish<ObjectRecord>("ObjectTagging:Delete");
  await call.store.objects.amend(call.bucket, call.key, record, { tags: {} }, call.authorizeAgain, publish);
  return { ...noContent, headers: versionHeader(call, record) };
}

import { aclsDisabled, checkAclAllowed, renderAcl } from "../access/acl";
import type { Call, Reply } from "../call";
import { emptyOk, noContent, xmlReply } from "../call";
import { S3Error } from "../errors";
import type { ObjectRecord } from "../store/records";
import { parseTagging, renderTagging } from "../tags";
import { leaf, tag, xmlDocument } from "../xml-write";
import { readAcl } from "./bucket-access";
import { findReadable, requestedVersion } from "./get-object";

/** What belongs to an object beside its bytes: ACL, tags, attributes. */

function versionHeader(call: Call, record: ObjectRecord): Record<string, string> {
  return call.bucket.versioning ? { "x-amz-version-id": record.versionId } : {};
}

/** The version to change. @throws S3Error NoSuchKey, NoSuchVersion, MethodNotAllowed, AccessDenied */
function findWritable(call: Call, action: string): ObjectRecord {
  const versionId = requestedVersion(call);
  const record = call.store.objects.find(call.bucket, call.key, versionId);
  call.authorizeObject(versionId === undefined ? action : action.replace("Object", "ObjectVersion"), record);
  if (!record) throw new S3Error(versionId === undefined ? "NoSuchKey" : "NoSuchVersion", undefined, { Key: call.key });
  if (record.isDeleteMarker) throw new S3Error("MethodNotAllowed", undefined, { ResourceType: "DeleteMarker" });
  return record;
}

export async function getObjectAcl(call: Call): Promise<Reply> {
  const record = findReadable(call, "s3:GetObjectAcl");
  return xmlReply(
    renderAcl(record.owner, aclsDisabled(call.bucket) ? undefined : record.acl),
    versionHeader(call, record),
  );
}

export async function putObjectAcl(call: Call): Promise<Reply> {
  const record = findWritable(call, "s3:PutObjectAcl");
  const acl = await readAcl(call);
  checkAclAllowed(call.bucket, acl);
  await call.store.objects.amend(call.bucket, call.key, record, { acl });
  return emptyOk;
}

export async function getObjectTagging(call: Call): Promise<Reply> {
  const record = findReadable(call, "s3:GetObjectTagging");
  return xmlReply(renderTagging(record.tags), versionHeader(call, record));
}

export async function putObjectTagging(call: Call): Promise<Reply> {
  const record = findWritable(call, "s3:PutObjectTagging");
  const tags = parseTagging(await call.text());
  await call.store.objects.amend(call.bucket, call.key, record, { tags: tags ?? {} });
  return { ...emptyOk, headers: { ...emptyOk.headers, ...versionHeader(call, record) } };
}

export async function deleteObjectTagging(call: Call): Promise<Reply> {
  const record = findWritable(call, "s3:DeleteObjectTagging");
  await call.store.objects.amend(call.bucket, call.key, record, { tags: {} });
  return { ...noContent, headers: versionHeader(call, record) };
}

export async function getObjectAttributes(call: Call): Promise<Reply> {
  const record = findReadable(call, "s3:GetObjectAttributes");
  const wanted = new Set((call.header("x-amz-object-attributes") ?? "").split(",").map((name) => name.trim()));
  const { checksum, data } = record;
  const parts = data?.kind === "parts" ? (call.store.database.layouts.get(Buffer.from(data.id))?.parts ?? []) : [];
  const element = (algorithm: string) => `Checksum${algorithm}`;
  const rendered = [
    wanted.has("ETag") ? leaf("ETag", record.etag) : "",
    wanted.has("Checksum") && checksum
      ? tag(
          "Checksum",
          leaf(element(checksum.algorithm), checksum.value),
          leaf("ChecksumType", checksum.value.includes("-") ? "COMPOSITE" : "FULL_OBJECT"),
        )
      : "",
    wanted.has("ObjectParts") && parts.length > 0
      ? tag(
          "ObjectParts",
          leaf("TotalPartsCount", parts.length),
          ...parts.map((part) =>
            tag(
              "Part",
              leaf("PartNumber", part.number),
              leaf("Size", part.sizeBytes),
              checksum ? leaf(element(checksum.algorithm), part.checksum) : "",
            ),
          ),
        )
      : "",
    wanted.has("StorageClass") ? leaf("StorageClass", "STANDARD") : "",
    wanted.has("ObjectSize") ? leaf("ObjectSize", record.sizeBytes) : "",
  ];
  const headers = { "last-modified": new Date(record.modifiedAt).toUTCString(), ...versionHeader(call, record) };
  return xmlReply(xmlDocument("GetObjectAttributesResponse", ...rendered), headers);
}

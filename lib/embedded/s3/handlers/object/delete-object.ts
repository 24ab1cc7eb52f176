import { authorize, authorizeReplacing } from "../../access/authorize";
import type { AccessQuestion } from "../../access/question";
import type { Call, Reply } from "../../call/call";
import { xmlReply } from "../../call/call";
import { assertKey } from "../../protocol/address";
import { S3Error, toS3Error } from "../../protocol/errors";
import { childrenOf, expectRoot, textOf } from "../../protocol/xml-read";
import { leaf, tag, xmlDocument } from "../../protocol/xml-write";
import { isId } from "../../store/database/ids";
import type { Deletion } from "../../store/versions/history";
import { bareEtag, writeConditions } from "./conditional";
import { requestedVersion } from "./get-object";

const MAX_BATCH = 1000;

export async function deleteObject(call: Call): Promise<Reply> {
  const versionId = requestedVersion(call);
  const question = askToDelete(call, call.key, versionId);
  const { ifMatch } = writeConditions((name) => call.header(name));
  const deletion = await erase(call, question, ifMatch);
  return {
    status: 204,
    headers: {
      ...(deletion.versionId !== undefined && { "x-amz-version-id": deletion.versionId }),
      ...(deletion.isDeleteMarker && { "x-amz-delete-marker": "true" }),
    },
  };
}

/** DeleteObjects: up to 1,000 keys, each with its own permission and its own outcome. */
export async function deleteObjects(call: Call): Promise<Reply> {
  const { bucket } = call;
  const field = (name: string) => call.request.header(name);
  const guarded =
    field("content-md5") ??
    field("x-amz-trailer") ??
    call.request.headerNames().find((name) => name.startsWith("x-amz-checksum-"));
  if (guarded === undefined)
    throw new S3Error("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  const root = expectRoot(await call.text(), "Delete");
  const quiet = textOf(root, "Quiet") === "true";
  const targets = childrenOf(root, "Object").map((one) => ({
    key: textOf(one, "Key"),
    versionId: textOf(one, "VersionId") || undefined,
    etag: textOf(one, "ETag"),
  }));
  if (targets.length === 0 || targets.length > MAX_BATCH || targets.some((one) => !one.key))
    throw new S3Error("MalformedXML");
  // Started together, they share group commits; the answer keeps their order.
  const outcomes = await Promise.all(
    targets.map((one) => deleteOne(call, bucket.name, one.key ?? "", one.versionId, one.etag)),
  );
  const shown = quiet ? outcomes.filter((one) => one.startsWith("<Error>")) : outcomes;
  return xmlReply(xmlDocument("DeleteResult", ...shown));
}

async function deleteOne(
  call: Call,
  bucketName: string,
  key: string,
  versionId: string | undefined,
  etag: string | undefined,
): Promise<string> {
  const asked = leaf("Key", key) + leaf("VersionId", versionId);
  try {
    assertKey(key);
    const question = askToDelete(call, key, versionId);
    if (versionId !== undefined && versionId !== "null" && !isId(versionId)) throw new S3Error("NoSuchVersion");
    const deletion = await erase(call, question, etag === undefined ? undefined : bareEtag(etag));
    const marker = deletion.isDeleteMarker
      ? leaf("DeleteMarker", true) + leaf("DeleteMarkerVersionId", deletion.versionId)
      : "";
    return tag("Deleted", asked, marker);
  } catch (thrown) {
    const error = toS3Error(thrown);
    if (error.status >= 500)
      call.service.logger.error({ err: thrown, bucket: bucketName }, "deleting one of several objects failed");
    return tag("Error", asked, leaf("Code", error.code), leaf("Message", error.message));
  }
}

type KeyQuestion = AccessQuestion & { readonly key: string };

/** Requires that the caller may delete this; returns what was asked. @throws S3Error AccessDenied */
function askToDelete(call: Call, key: string, versionId: string | undefined): KeyQuestion {
  const action = versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  const question = { ...call.question(action, { versionId, key }), key };
  authorize(question);
  return question;
}

/** Deletes the newest version as the bucket's versioning requires, or one version permanently. */
function erase(call: Call, question: KeyQuestion, ifMatch: string | undefined): Promise<Deletion> {
  const { objects } = call.store;
  const { key, versionId } = question;
  if (versionId !== undefined) {
    const publish = call.publish("ObjectRemoved:Delete", key);
    return objects.removeVersion(call.bucket, key, versionId, { ifMatch }, publish);
  }
  const publish = call.publish<Deletion>(
    ({ isDeleteMarker }) => (isDeleteMarker ? "ObjectRemoved:DeleteMarkerCreated" : "ObjectRemoved:Delete"),
    key,
  );
  return objects.remove(call.bucket, key, { ifMatch, authorize: authorizeReplacing(question) }, publish);
}

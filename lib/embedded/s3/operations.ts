import type { Call, Handler } from "./call/call";
import * as access from "./handlers/bucket/access";
import * as bucket from "./handlers/bucket/bucket";
import * as config from "./handlers/bucket/config";
import { getBucketNotification, putBucketNotification } from "./handlers/bucket/notification";
import { deleteBucketTagging, getBucketTagging, putBucketTagging } from "./handlers/bucket/tagging";
import { listBuckets } from "./handlers/listing/bucket-list";
import { listObjectsV1, listObjectsV2, listObjectVersions } from "./handlers/listing/list-objects";
import { completeMultipartUpload } from "./handlers/multipart/complete";
import { uploadPartCopy } from "./handlers/multipart/copy-part";
import { listMultipartUploads, listParts } from "./handlers/multipart/list";
import * as multipart from "./handlers/multipart/multipart";
import * as about from "./handlers/object/about";
import { copyObject } from "./handlers/object/copy-object";
import { deleteObject, deleteObjects } from "./handlers/object/delete-object";
import { getObject, headObject } from "./handlers/object/get-object";
import { putObject } from "./handlers/object/put-object";
import { getObjectAttributes } from "./handlers/object-attributes";
import { S3Error } from "./protocol/errors";

/**
 * All operations: `METHOD level`, with the sub-resource after a `?`. Everything else is answered 501, never a silent 200.
 * Each handler does what S3's page of its operation says, unless its comment names another rule.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
const operations: Readonly<Record<string, Handler>> = {
  "GET service": listBuckets,
  "PUT bucket": bucket.createBucket,
  "HEAD bucket": bucket.headBucket,
  "DELETE bucket": bucket.deleteBucket,
  "GET bucket": listObjectsV1,
  "GET bucket?list-type": listObjectsV2,
  "GET bucket?versions": listObjectVersions,
  "GET bucket?uploads": listMultipartUploads,
  "GET bucket?location": bucket.getBucketLocation,
  "POST bucket?delete": deleteObjects,
  "GET bucket?versioning": config.getBucketVersioning,
  "PUT bucket?versioning": config.putBucketVersioning,
  "GET bucket?cors": config.getBucketCors,
  "PUT bucket?cors": config.putBucketCors,
  "DELETE bucket?cors": config.deleteBucketCors,
  "GET bucket?lifecycle": config.getBucketLifecycle,
  "PUT bucket?lifecycle": config.putBucketLifecycle,
  "DELETE bucket?lifecycle": config.deleteBucketLifecycle,
  "GET bucket?notification": getBucketNotification,
  "PUT bucket?notification": putBucketNotification,
  "GET bucket?tagging": getBucketTagging,
  "PUT bucket?tagging": putBucketTagging,
  "DELETE bucket?tagging": deleteBucketTagging,
  "GET bucket?policy": access.getBucketPolicy,
  "PUT bucket?policy": access.putBucketPolicy,
  "DELETE bucket?policy": access.deleteBucketPolicy,
  "GET bucket?policyStatus": access.getBucketPolicyStatus,
  "GET bucket?publicAccessBlock": access.getPublicAccessBlock,
  "PUT bucket?publicAccessBlock": access.putPublicAccessBlock,
  "DELETE bucket?publicAccessBlock": access.deletePublicAccessBlock,
  "GET bucket?ownershipControls": access.getOwnershipControls,
  "PUT bucket?ownershipControls": access.putOwnershipControls,
  "DELETE bucket?ownershipControls": access.deleteOwnershipControls,
  "GET bucket?acl": access.getBucketAcl,
  "PUT bucket?acl": access.putBucketAcl,
  "PUT object": putObject,
  "PUT object copy": copyObject,
  "GET object": getObject,
  "HEAD object": headObject,
  "DELETE object": deleteObject,
  "GET object?acl": about.getObjectAcl,
  "PUT object?acl": about.putObjectAcl,
  "GET object?tagging": about.getObjectTagging,
  "PUT object?tagging": about.putObjectTagging,
  "DELETE object?tagging": about.deleteObjectTagging,
  "GET object?attributes": getObjectAttributes,
  "POST object?uploads": multipart.createMultipartUpload,
  "PUT object?uploadId": multipart.uploadPart,
  "PUT object?uploadId copy": uploadPartCopy,
  "GET object?uploadId": listParts,
  "POST object?uploadId": completeMultipartUpload,
  "DELETE object?uploadId": multipart.abortMultipartUpload,
};

/** Query parameters that select an operation of S3, implemented or not. */
const subResources = new Set(
  `abac accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle
  list-type location logging metadataConfiguration metadataInventoryTable metadataJournalTable metadataTable metrics
  notification object-lock ownershipControls policy policyStatus publicAccessBlock renameObject replication
  requestPayment restore retention select select-type session tagging torrent uploadId uploads versioning versions
  website`.split(/\s+/),
);

/**
 * The handler of a request.
 * @throws S3Error NotImplemented, MethodNotAllowed, InvalidArgument for two sub-resources at once
 */
export function findOperation(request: Call["request"]): Handler {
  const level = request.bucket === undefined ? "service" : request.key === undefined ? "bucket" : "object";
  const subs = [...request.query.keys()].filter((name) => subResources.has(name));
  if (subs.length > 1) throw new S3Error("InvalidArgument", `Conflicting query string parameters: ${subs.join(", ")}`);
  const [sub] = subs;
  const copies = request.method === "PUT" && level === "object" && request.header("x-amz-copy-source") !== undefined;
  const handler = operations[`${request.method} ${level}${sub ? `?${sub}` : ""}${copies ? " copy" : ""}`];
  if (handler) return handler;
  if (sub === undefined) throw new S3Error("MethodNotAllowed", undefined, { Method: request.method });
  throw new S3Error("NotImplemented", `${request.method} ?${sub} of a ${level} is not implemented.`);
}

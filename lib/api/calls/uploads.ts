import { z } from "zod";
import { containerCredentials, credentialsInput, uploadCredentials } from "@/lib/upload/credentials/schema";
import { receiptFormat } from "@/lib/upload/receipt/schema";
import {
  cancelInput,
  changeUploadInput,
  completeInput,
  filesAnswer,
  filesInput,
  openedUpload,
  openUploadInput,
  partsInput,
  partUrls,
  postPolicy,
  uploadStatus,
} from "@/lib/upload/schema";
import { defineCall } from "../call";

const section = "Uploads";
const own = { section, who: "user", scopes: ["upload"] } as const;

export const openUpload = defineCall({
  ...own,
  id: "openUpload",
  method: "POST",
  path: "/collections/{slug}/uploads",
  summary: "Open an upload",
  description:
    "Answers a prefix and one presigned POST policy for every key under it. Post files to `policy.url` with `policy.fields`: the key ends in S3's variable for the file's name, and may be replaced by any other under the prefix. Then seal the upload.",
  body: openUploadInput.omit({ collectionSlug: true }),
  status: 201,
  answer: openedUpload,
  takesKey: true,
  cost: 50,
});

export const renewPolicy = defineCall({
  ...own,
  id: "renewPolicy",
  method: "POST",
  path: "/uploads/{id}/policy",
  summary: "Renew the policy",
  description: "A policy is good for 15 minutes. The upload is good for another day from now.",
  status: 200,
  answer: postPolicy,
});

export const registerFiles = defineCall({
  ...own,
  id: "registerFiles",
  method: "POST",
  path: "/uploads/{id}/files",
  summary: "Register files before they are sent",
  description:
    "Not needed for what is posted. Says which files are there already, which go in one POST and which in parts, and reserves room for them.",
  body: filesInput,
  status: 200,
  answer: filesAnswer,
});

export const registerChecksums = defineCall({
  ...own,
  id: "registerChecksums",
  method: "PATCH",
  path: "/uploads/{id}/files",
  summary: "Add the checksums of registered files",
  body: filesInput,
  status: 204,
});

export const cancelFiles = defineCall({
  ...own,
  id: "cancelFiles",
  method: "DELETE",
  path: "/uploads/{id}/files",
  summary: "Cancel registered files",
  description: "They are not missed when the upload is verified. Paths that are not registered are ignored.",
  body: cancelInput,
  status: 204,
});

export const cancelFile = defineCall({
  ...own,
  id: "cancelFile",
  method: "DELETE",
  path: "/uploads/{id}/files/{fileId}",
  summary: "Cancel a file that is sent in parts",
  status: 204,
});

export const signParts = defineCall({
  ...own,
  id: "signParts",
  method: "POST",
  path: "/uploads/{id}/parts",
  summary: "Get URLs for the parts of a file",
  description: "PUT each part to its URL, and keep the ETag that the storage answers.",
  body: partsInput,
  status: 200,
  answer: partUrls,
});

export const completeFile = defineCall({
  ...own,
  id: "completeFile",
  method: "POST",
  path: "/uploads/{id}/complete",
  summary: "Complete a file from its parts",
  description: "Idempotent.",
  body: completeInput,
  status: 200,
  answer: z.object({ status: z.literal("present") }),
});

export const getUpload = defineCall({
  ...own,
  id: "getUpload",
  method: "GET",
  path: "/uploads/{id}",
  summary: "Get an upload's state and counts",
  status: 200,
  answer: uploadStatus,
});

export const grantCredentials = defineCall({
  ...own,
  id: "grantCredentials",
  method: "POST",
  path: "/uploads/{id}/credentials",
  summary: "Get temporary credentials of the storage",
  description:
    "For programs that speak S3. They can put objects and parts under the upload's prefix and list it, and nothing else, for 900 to 3,600 seconds. 501 where this site's storage cannot limit them so.",
  body: credentialsInput,
  status: 200,
  answer: uploadCredentials,
  cost: 10,
});

export const grantContainerCredentials = defineCall({
  ...own,
  who: "token",
  id: "grantContainerCredentials",
  method: "GET",
  path: "/uploads/{id}/credentials/aws",
  summary: "Get the same as an AWS SDK fetches them by itself",
  description:
    "Set AWS_CONTAINER_CREDENTIALS_FULL_URI to this address and AWS_CONTAINER_AUTHORIZATION_TOKEN to the token: the SDK renews them. Over http it does so on loopback only.",
  status: 200,
  answer: containerCredentials,
  cost: 10,
});

export const changeUpload = defineCall({
  ...own,
  id: "changeUpload",
  method: "PATCH",
  path: "/uploads/{id}",
  summary: "Seal or abort an upload",
  description:
    "Sealed: nothing more can be sent, and what arrived is verified, registered or not. Aborted: what arrived is removed. Idempotent.",
  body: changeUploadInput,
  status: 202,
  answer: uploadStatus,
});

export const undoUpload = defineCall({
  ...own,
  id: "undoUpload",
  method: "POST",
  path: "/uploads/{id}/undo",
  summary: "Undo a verified upload",
  description: "Media it made go to the trash, media it revised become what they were. Idempotent.",
  status: 200,
  answer: uploadStatus,
});

export const redoUpload = defineCall({
  ...own,
  id: "redoUpload",
  method: "DELETE",
  path: "/uploads/{id}/undo",
  summary: "Redo an upload that was undone",
  description: "Idempotent.",
  status: 200,
  answer: uploadStatus,
});

export const getReceipt = defineCall({
  ...own,
  id: "getReceipt",
  method: "GET",
  path: "/uploads/{id}/receipt",
  summary: "Get the receipt of a verified upload",
  description:
    "A signed list of its files with their checksums and versions; as SHA256SUMS; or a bag (RFC 8493) as a tar archive.",
  query: z.strictObject({ format: receiptFormat }),
  status: 200,
  answersAs: ["application/json", "text/plain; charset=utf-8", "application/x-tar"],
});

export const getReceiptKey = defineCall({
  id: "getReceiptKey",
  method: "GET",
  path: "/receipt-key",
  section,
  summary: "Get the public key that checks receipts",
  who: "anyone",
  scopes: [],
  status: 200,
  answersAs: ["application/x-pem-file"],
});

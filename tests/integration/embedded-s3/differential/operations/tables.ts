import type { Operation } from "../operation";
import { acls, foreignReferers, policies, referers } from "./access/access";
import { headerSignatures, presignedUrls } from "./access/authentication";
import { grants } from "./access/grants";
import { missingKeys } from "./access/missing-keys";
import { bucketLists, bucketTags, connections, policyStatus } from "./buckets/bucket-settings";
import { buckets } from "./buckets/buckets";
import { lifecycle, lifecycleAnswers, lifecycleLeftOut } from "./buckets/lifecycle";
import { cors, corsRules } from "./buckets/settings";
import { reads, writes } from "./objects/conditions";
import { copies } from "./objects/copies";
import { deleteMany } from "./objects/delete-many";
import { forms } from "./objects/forms";
import { listing, listingOddKeys, listingV1 } from "./objects/listings";
import { completion, partCopies, parts } from "./objects/multipart";
import { deleting, metadata, reading, writing } from "./objects/objects";
import { ranges } from "./objects/ranges";
import { tags } from "./objects/tags";
import { deleteMarkers, suspendedVersioning, versioned } from "./objects/versions";

/** All operations that are compared, by what they are about. */
export const tables: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  buckets,
  writing,
  reading,
  deleting,
  metadata,
  ranges,
  "conditional reads": reads,
  "conditional writes": writes,
  copies,
  tags,
  "deleting many": deleteMany,
  listing,
  "listing, version 1": listingV1,
  "listing odd keys": listingOddKeys,
  versions: versioned,
  "delete markers": deleteMarkers,
  "suspended versioning": suspendedVersioning,
  parts,
  "copied parts": partCopies,
  completion,
  "signatures in headers": headerSignatures,
  "presigned URLs": presignedUrls,
  forms,
  policies,
  "policies that allow by Referer": referers,
  "policies that deny by Referer": foreignReferers,
  ACLs: acls,
  "grants to single users": grants,
  "missing keys": missingKeys,
  "tags of buckets": bucketTags,
  "policy status": policyStatus,
  "lists of buckets": bucketLists,
  connections,
  CORS: cors,
  "CORS rules": corsRules,
  lifecycle,
  "lifecycles that keep more": lifecycleLeftOut,
  "answers about what expires": lifecycleAnswers,
};

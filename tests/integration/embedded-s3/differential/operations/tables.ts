import type { Operation } from "../operation";
import { acls, foreignReferers, policies, referers } from "./access";
import { headerSignatures, presignedUrls } from "./authentication";
import { bucketLists, bucketTags, connections, policyStatus } from "./bucket-settings";
import { buckets } from "./buckets";
import { reads, writes } from "./conditions";
import { copies } from "./copies";
import { deleteMany } from "./delete-many";
import { forms } from "./forms";
import { grants } from "./grants";
import { lifecycle, lifecycleAnswers, lifecycleLeftOut } from "./lifecycle";
import { listing, listingOddKeys, listingV1 } from "./listings";
import { missingKeys } from "./missing-keys";
import { completion, partCopies, parts } from "./multipart";
import { deleting, metadata, reading, writing } from "./objects";
import { ranges } from "./ranges";
import { cors, corsRules } from "./settings";
import { tags } from "./tags";
import { deleteMarkers, suspendedVersioning, versioned } from "./versions";

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

import { api, type Difference, each, guide } from "./difference";

export const buckets: readonly Difference[] = [
  {
    why: "CreateBucket answers with a Location, HeadBucket with the region.",
    source: `${api}/API_HeadBucket.html`,
    operations: {
      "creating a bucket": { location: ["/(bucket)-new", undefined] },
      "HEAD of a bucket": { "x-amz-bucket-region": ["us-east-1", undefined] },
    },
  },
  {
    why: "A bucket that is one's own already is BucketAlreadyOwnedByYou; the 200 of us-east-1 is for legacy compatibility.",
    source: `${api}/API_CreateBucket.html`,
    operations: { "creating a bucket that is one's own already": { answer: ["409 BucketAlreadyOwnedByYou", "200"] } },
  },
  {
    why: "Buckets in us-east-1 have no LocationConstraint.",
    source: `${api}/API_GetBucketLocation.html`,
    operations: { "where a bucket is": { "/LocationConstraint": [undefined, "default"] } },
  },
  {
    why: "The list of buckets is for those with s3:ListAllMyBuckets; Ceph shows an empty one to all others.",
    source: `${api}/API_ListBuckets.html`,
    operations: { "the list of buckets, unsigned": { answer: ["403 AccessDenied", "200"] } },
  },
  {
    why: "XML that is not well formed is MalformedXML.",
    source: `${api}/ErrorResponses.html`,
    operations: {
      ...each(["creating a bucket with a configuration that is no XML", "PUT of an ACL that is no XML"], {
        answer: ["400 MalformedXML", "400 InvalidArgument"],
      }),
      "deleting several by what is no XML": { answer: ["400 MalformedXML", "400"] },
    },
  },
  {
    why: "The status of versioning is Enabled or Suspended; there is a code for others.",
    source: `${api}/ErrorResponses.html`,
    operations: {
      "PUT of versioning with an unknown status": {
        answer: ["400 IllegalVersioningConfigurationException", "400 InvalidArgument"],
      },
    },
  },
  {
    why: "DeleteObjects takes 1 to 1,000 keys.",
    source: `${api}/API_DeleteObjects.html`,
    operations: {
      "deleting none": { answer: ["400 MalformedXML", "200"] },
      "deleting 1,001": { answer: ["400 MalformedXML", "400"] },
    },
  },
  {
    why: "DeleteObjects needs a Content-MD5 or a checksum, and holds the body against it.",
    source: `${api}/API_DeleteObjects.html`,
    operations: {
      "deleting several without a checksum": { answer: ["400 InvalidRequest", "200"] },
      "deleting several with a wrong Content-MD5": { answer: ["400 BadDigest", "200"] },
    },
  },
  {
    why: "Arguments outside of what is documented are InvalidArgument.",
    source: `${api}/API_ListObjectsV2.html`,
    operations: each(["list a negative number of keys", "list on from an empty token", "list in an unknown encoding"], {
      answer: ["400 InvalidArgument", "200"],
    }),
  },
  {
    why: "A list begins after the key it is given: the keys in the folder after it still roll up into the folder.",
    source: `${api}/API_ListObjectsV2.html`,
    operations: {
      "list after something that is no key": {
        "/ListBucketResult/KeyCount": ["4", "3"],
        "/ListBucketResult/CommonPrefixes/Prefix": ["folder/", "other/"],
        "/ListBucketResult/CommonPrefixes[2]/Prefix": ["other/", undefined],
      },
      "list folders after a key in a folder": {
        "/ListBucketResult/CommonPrefixes/Prefix": ["folder/", "other/"],
        "/ListBucketResult/CommonPrefixes[2]/Prefix": ["other/", undefined],
      },
    },
  },
  {
    why: "NextMarker is there with a delimiter only, and is encoded as the keys are.",
    source: `${api}/API_ListObjects.html`,
    operations: {
      "list the first page, version 1": { "/ListBucketResult/NextMarker": [undefined, "folder"] },
      "list odd keys, encoded, version 1": { "/ListBucketResult/NextMarker": ["odd/a%2Fb", "odd/a/b"] },
    },
  },
  {
    why: "A delete marker says that it is one, by its id with 405; Ceph 16 answers as if there were nothing.",
    source: `${guide}/DeleteMarker.html`,
    operations: {
      ...each(["GET behind a delete marker", "HEAD behind a delete marker"], {
        "x-amz-delete-marker": ["true", undefined],
        "x-amz-version-id": ["(id)", undefined],
      }),
      "GET of a delete marker": { answer: ["405 MethodNotAllowed", "404 NoSuchKey"] },
      "HEAD of a delete marker": { answer: ["405", "404"] },
    },
  },
  {
    why: "The source of a copy must not be a delete marker by its id: 400.",
    source: `${api}/API_CopyObject.html`,
    operations: { "copy of a delete marker": { answer: ["400 InvalidRequest", "404 NoSuchKey"] } },
  },
  {
    why: "While versioning is suspended, the version that is written is `null`.",
    source: `${guide}/AddingObjectstoVersionSuspendedBuckets.html`,
    operations: { "PUT while versions are suspended": { "x-amz-version-id": ["null", undefined] } },
  },
  {
    why: "MfaDelete is there only for buckets that were configured with it.",
    source: `${api}/API_GetBucketVersioning.html`,
    operations: { "whether versions are kept": { "/VersioningConfiguration/MfaDelete": [undefined, "Disabled"] } },
  },
  {
    why: "A version that is not there is NoSuchVersion, an id that cannot be one InvalidArgument.",
    source: `${api}/ErrorResponses.html`,
    operations: {
      ...each(["GET of a version that is gone", "GET of a version of another key"], {
        answer: ["404 NoSuchVersion", "404 NoSuchKey"],
      }),
      "GET of a version id that is none": { answer: ["400 InvalidArgument", "404 NoSuchKey"] },
      "versions after a version without its key": { answer: ["400 InvalidArgument", "200"] },
    },
  },
  {
    why: "Answers about a version name it.",
    source: `${api}/API_CopyObject.html`,
    operations: {
      "DELETE of a version twice": { "x-amz-version-id": ["(id)", undefined] },
      "tags of an older version": { "x-amz-version-id": ["(id)", undefined] },
      "copy of an older version": {
        "x-amz-version-id": ["(id)", undefined],
        "x-amz-copy-source-version-id": ["(id)", undefined],
        "/CopyObjectResult/ETag": ['"8b04d5e3775d298e78455efc5ca404d5"', "8b04d5e3775d298e78455efc5ca404d5"],
      },
    },
  },
];

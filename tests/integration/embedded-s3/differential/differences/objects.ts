import { api, type Difference, each, guide, http } from "./difference";

const hello = '"5d41402abc4b2a76b9719d911017c592"';

export const objects: readonly Difference[] = [
  {
    why: "Metadata beyond ASCII come back as an encoded word (RFC 2047); Ceph gives back the bytes.",
    source: `${guide}/UsingMetadata.html`,
    operations: { "HEAD of UTF-8 metadata": { "x-amz-meta-name": ["=?UTF-8?B?w7xuw68=?=", "Ã¼nÃ¯"] } },
  },
  {
    why: "User metadata end at 2 KB.",
    source: `${guide}/UsingMetadata.html`,
    operations: { "PUT with 3 KB of user metadata": { answer: ["400 MetadataTooLarge", "200"] } },
  },
  {
    why: "`partNumber` makes a GET a ranged one, of an object that was put whole, too; Ceph 16 does not know it.",
    source: `${api}/API_GetObject.html`,
    operations: {
      "GET of a part of an object that was put whole": { answer: ["206", "200"] },
      "GET of a second part of an object that was put whole": { answer: ["416 InvalidRange", "200"] },
      "GET of a part": { answer: ["206", "200"] },
    },
  },
  {
    why: "A method that a resource does not have is 405 MethodNotAllowed.",
    source: `${api}/ErrorResponses.html`,
    operations: each(["POST to an object", "POST to a bucket"], {
      answer: ["405 MethodNotAllowed", "400 InvalidArgument"],
    }),
  },
  {
    why: "The code for a storage class that S3 does not have is InvalidStorageClass.",
    source: `${api}/ErrorResponses.html`,
    operations: { "PUT with an unknown storage class": { answer: ["400 InvalidStorageClass", "400 InvalidArgument"] } },
  },
  {
    why: "The code for keys beyond 1,024 bytes is KeyTooLongError.",
    source: `${api}/ErrorResponses.html`,
    operations: { "PUT of a key of 1,025 bytes": { answer: ["400 KeyTooLongError", "400 InvalidObjectName"] } },
  },
  {
    why: "Tag keys are unique within an object.",
    source: `${guide}/object-tagging.html`,
    operations: { "PUT of a tag twice": { answer: ["400 InvalidTag", "200"] } },
  },
  {
    why: "A range that cannot be satisfied is answered with the size there is.",
    source: `${http}#section-15.5.17`,
    operations: {
      ...each(["GET of a range behind the end", "HEAD of a range behind the end"], {
        "content-range": ["bytes */10", undefined],
      }),
      "GET of a range of nothing": { "content-range": ["bytes */0", undefined] },
    },
  },
  {
    why: "No last bytes are no range that could be satisfied.",
    source: `${http}#section-14.1.2`,
    operations: { "GET of no last bytes": { answer: ["416 InvalidRange", "206"] } },
  },
  {
    why: "A range that is malformed or in another unit than bytes is ignored.",
    source: `${http}#section-14.2`,
    operations: {
      "GET of a range that ends before it begins": { answer: ["200", "416 InvalidRange"] },
      "GET of a range that is none": { answer: ["200", "206"] },
      "GET of a range in another unit": { "content-range": [undefined, "bytes 0-9/10"] },
    },
  },
  {
    why: "S3 has no answers of several ranges: asked for them it gives the whole object. Ceph gives the first.",
    source: `${api}/API_GetObject.html`,
    operations: { "GET of two ranges": { answer: ["200", "206"] } },
  },
  {
    why: "`*` matches whatever is there.",
    source: `${http}#section-13.1.1`,
    operations: {
      "GET if anything matches": { answer: ["200", "412 PreconditionFailed"] },
      "GET unless anything matches": { answer: ["304", "200"] },
    },
  },
  {
    why: "304 carries the ETag a 200 would have had.",
    source: `${http}#section-15.4.5`,
    operations: each(
      [
        "GET unless the ETag matches",
        "HEAD unless the ETag matches",
        "GET if modified since just now",
        "GET unless the ETag matches, though modified",
        "GET of a range unless the ETag matches",
      ],
      { etag: [hello, undefined], "last-modified": ["(date)", undefined] },
    ),
  },
  {
    why: "PUT with If-Match writes when the ETag matches, and is 404 where there is nothing; Ceph 16 compares quotes, too.",
    source: `${guide}/conditional-writes.html`,
    operations: {
      "PUT if the ETag matches": { answer: ["200", "412 PreconditionFailed"] },
      "PUT of a new key if an ETag matches": { answer: ["404 NoSuchKey", "412 PreconditionFailed"] },
    },
  },
  {
    why: "ETags in XML have their quotes.",
    source: `${api}/API_CopyObject.html`,
    operations: each(["copy", "copy without the slash before the bucket"], {
      "/CopyObjectResult/ETag": ['"56fe0b1409a5662d70cfedc4555d4771"', "56fe0b1409a5662d70cfedc4555d4771"],
    }),
  },
  {
    why: "Tags go with a copy unless `x-amz-tagging-directive` says otherwise, whatever becomes of the metadata.",
    source: `${api}/API_CopyObject.html`,
    operations: each(["HEAD of a copy with other metadata", "HEAD after a copy onto itself with other metadata"], {
      "x-amz-tagging-count": ["1", undefined],
    }),
  },
  {
    why: "Conditions on the source of a copy are enforced; Ceph 16 passes over them.",
    source: `${api}/API_CopyObject.html`,
    operations: each(
      ["copy if another ETag matches", "copy unless the ETag matches", "copy if unmodified since long ago"],
      { answer: ["412 PreconditionFailed", "200"] },
    ),
  },
];

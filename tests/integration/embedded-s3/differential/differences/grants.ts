import { api, type Difference, each, guide } from "./difference";

export const grants: readonly Difference[] = [
  {
    why: "WRITE on a bucket makes new objects; overwriting and deleting is for the owners of what is there. Ceph allows both.",
    source: `${api}/API_PutBucketAcl.html`,
    operations: {
      "WRITE on a bucket: PUT over another's object": { answer: ["403 AccessDenied", "200"] },
      "WRITE on a bucket: DELETE of another's object": { answer: ["403 AccessDenied", "204"] },
    },
  },
  {
    why: "Whoever began an upload and the bucket's owner may abort it. Ceph allows it to all who may write into the bucket.",
    source: `${guide}/mpuoverview.html`,
    operations: { "WRITE on a bucket: abort of another's upload": { answer: ["403 AccessDenied", "204"] } },
  },
  {
    why: "No ACL gives s3:DeleteBucket.",
    source: `${guide}/acl-overview.html`,
    operations: each(["WRITE on a bucket: DELETE of the bucket", "FULL_CONTROL on a bucket: DELETE of the bucket"], {
      answer: ["403 AccessDenied", "409 BucketNotEmpty"],
    }),
  },
  {
    why: "An ACL with an unknown word is MalformedACLError, one with an unknown grantee InvalidArgument.",
    source: `${api}/ErrorResponses.html`,
    operations: {
      "a grant of a permission that is none": { answer: ["400 MalformedACLError", "400 InvalidArgument"] },
      "a header that names an id that nobody has": { answer: ["400 InvalidArgument", "404 NoSuchKey"] },
    },
  },
  {
    why: "Since October 2025 grantees by e-mail are 405 MethodNotAllowed.",
    source: `${api}/API_PutObjectAcl.html`,
    operations: {
      "a grant by e-mail": { answer: ["405 MethodNotAllowed", "400 UnresolvableGrantByEmailAddress"] },
    },
  },
];

import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const object = async (s3: TestBucket) => (await must(s3.put("a", { body: "hello" }))).headers.etag ?? "";
const other = '"00000000000000000000000000000000"';
const past = "Sat, 01 Jan 2000 00:00:00 GMT";
/** S3 passes over dates to come; this one was now a moment ago. */
const now = () => new Date().toUTCString();

export const reads = operations(object, {
  "GET if the ETag matches": (s3, etag) => s3.get("a", { headers: { "if-match": etag } }),
  "GET if an ETag without quotes matches": (s3, etag) =>
    s3.get("a", { headers: { "if-match": etag.replaceAll('"', "") } }),
  "GET if another ETag matches": (s3) => s3.get("a", { headers: { "if-match": other } }),
  "GET if anything matches": (s3) => s3.get("a", { headers: { "if-match": "*" } }),
  "GET unless the ETag matches": (s3, etag) => s3.get("a", { headers: { "if-none-match": etag } }),
  "GET unless another ETag matches": (s3) => s3.get("a", { headers: { "if-none-match": other } }),
  "GET unless anything matches": (s3) => s3.get("a", { headers: { "if-none-match": "*" } }),
  "HEAD unless the ETag matches": (s3, etag) => s3.head("a", { headers: { "if-none-match": etag } }),
  "HEAD if another ETag matches": (s3) => s3.head("a", { headers: { "if-match": other } }),
  "GET if modified since long ago": (s3) => s3.get("a", { headers: { "if-modified-since": past } }),
  "GET if modified since just now": (s3) => s3.get("a", { headers: { "if-modified-since": now() } }),
  "GET if unmodified since long ago": (s3) => s3.get("a", { headers: { "if-unmodified-since": past } }),
  "GET if unmodified since just now": (s3) => s3.get("a", { headers: { "if-unmodified-since": now() } }),
  "GET if the ETag matches, though modified": (s3, etag) =>
    s3.get("a", { headers: { "if-match": etag, "if-unmodified-since": past } }),
  "GET unless the ETag matches, though modified": (s3, etag) =>
    s3.get("a", { headers: { "if-none-match": etag, "if-modified-since": past } }),
  "GET of a range unless the ETag matches": (s3, etag) =>
    s3.get("a", { headers: { "if-none-match": etag, range: "bytes=0-1" } }),
  "GET of a missing key if an ETag matches": (s3) => s3.get("missing", { headers: { "if-match": other } }),
});

export const writes = operations(object, {
  "PUT unless there is one, and there is": (s3) => s3.put("a", { body: "2", headers: { "if-none-match": "*" } }),
  "PUT unless there is one, and there is none": (s3) => s3.put("b", { body: "2", headers: { "if-none-match": "*" } }),
  "PUT if the ETag matches": (s3, etag) => s3.put("a", { body: "2", headers: { "if-match": etag } }),
  "PUT if another ETag matches": (s3) => s3.put("a", { body: "2", headers: { "if-match": other } }),
  "PUT of a new key if an ETag matches": (s3) => s3.put("b", { body: "2", headers: { "if-match": other } }),
});

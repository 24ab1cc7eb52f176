import { createHash } from "node:crypto";
import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const nothing = async () => undefined;
const greeting = (s3: TestBucket) =>
  must(s3.put("greeting.txt", { body: "hello world", headers: { "content-type": "text/plain" } }));
const md5 = (text: string) => createHash("md5").update(text).digest("base64");

export const writing = operations(nothing, {
  "PUT of an object": (s3) => s3.put("a.txt", { body: "hello" }),
  "PUT of nothing": (s3) => s3.put("empty"),
  "PUT with the right Content-MD5": (s3) => s3.put("a", { body: "hello", headers: { "content-md5": md5("hello") } }),
  "PUT with a wrong Content-MD5": (s3) => s3.put("a", { body: "hello", headers: { "content-md5": md5("other") } }),
  "PUT with a Content-MD5 that is none": (s3) => s3.put("a", { body: "hello", headers: { "content-md5": "nonsense" } }),
  "PUT with another body than was signed": (s3) =>
    s3.put("a", { body: "hello", headers: { "x-amz-content-sha256": createHash("sha256").update("x").digest("hex") } }),
  "PUT without a length": (s3) =>
    s3.put("a", { headers: { "transfer-encoding": "chunked", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } }),
  "PUT with 3 KB of user metadata": (s3) => s3.put("a", { headers: { "x-amz-meta-large": "m".repeat(3000) } }),
  "PUT with an unknown storage class": (s3) => s3.put("a", { headers: { "x-amz-storage-class": "NO_SUCH_CLASS" } }),
  "PUT with an unknown canned ACL": (s3) => s3.put("a", { headers: { "x-amz-acl": "no-such-acl" } }),
  "PUT into a missing bucket": (s3) => s3.put("a", { bucket: `${s3.name}-missing`, body: "hello" }),
  "PUT of a key of 1,024 bytes": (s3) => s3.put("k".repeat(1024), { body: "long" }),
  "PUT of a key of 1,025 bytes": (s3) => s3.put("k".repeat(1025), { body: "too long" }),
});

export const reading = operations(greeting, {
  "GET of an object": (s3) => s3.get("greeting.txt"),
  "HEAD of an object": (s3) => s3.head("greeting.txt"),
  "GET of a missing key": (s3) => s3.get("missing"),
  "HEAD of a missing key": (s3) => s3.head("missing"),
  "GET of a prefix that is no key": (s3) => s3.get("greeting"),
  "GET in a missing bucket": (s3) => s3.get("greeting.txt", { bucket: `${s3.name}-missing` }),
  "GET of a key in another case": (s3) => s3.get("GREETING.txt"),
  "GET of an overwritten object": async (s3) => {
    await must(s3.put("greeting.txt", { body: "bye" }));
    return s3.get("greeting.txt");
  },
  "GET of an empty object": async (s3) => {
    await must(s3.put("empty"));
    return s3.get("empty");
  },
  "GET of a long key": async (s3) => {
    await must(s3.put("k".repeat(1024), { body: "long" }));
    return s3.get("k".repeat(1024));
  },
  "GET of a part of an object that was put whole": (s3) => s3.get("greeting.txt", { query: { partNumber: "1" } }),
  "GET of a second part of an object that was put whole": (s3) =>
    s3.get("greeting.txt", { query: { partNumber: "2" } }),
  "POST to an object": (s3) => s3.post("greeting.txt"),
  "an unknown method": (s3) => s3.send("PATCH", "greeting.txt"),
  "GET with all response-* parameters": (s3) =>
    s3.get("greeting.txt", {
      query: {
        "response-content-type": "application/x-other",
        "response-content-language": "de",
        "response-expires": "Thu, 01 Dec 2044 16:00:00 GMT",
        "response-cache-control": "no-store",
        "response-content-disposition": 'attachment; filename="x y.txt"',
        "response-content-encoding": "identity",
      },
    }),
});

export const deleting = operations(greeting, {
  "DELETE of an object": (s3) => s3.delete("greeting.txt"),
  "DELETE of a missing key": (s3) => s3.delete("missing"),
  "DELETE in a missing bucket": (s3) => s3.delete("greeting.txt", { bucket: `${s3.name}-missing` }),
  "GET after DELETE": async (s3) => {
    await must(s3.delete("greeting.txt"));
    return s3.get("greeting.txt");
  },
});

const withHeaders = (s3: TestBucket) =>
  must(
    s3.put("a", {
      body: "hello",
      headers: {
        "cache-control": "max-age=60",
        "content-disposition": 'inline; filename="a.txt"',
        "content-encoding": "gzip",
        "content-language": "de",
        "content-type": "text/html; charset=utf-8",
        expires: "Thu, 01 Dec 2044 16:00:00 GMT",
        "x-amz-meta-plain": "value",
        "x-amz-meta-spaced": "two  words",
        "x-amz-meta-empty": "",
      },
    }),
  );

export const metadata = operations(withHeaders, {
  "GET gives the headers of the PUT": (s3) => s3.get("a"),
  "HEAD gives the headers of the PUT": (s3) => s3.head("a"),
  "GET of an object put without a type": async (s3) => {
    await must(s3.put("untyped", { body: "x" }));
    return s3.get("untyped");
  },
  "HEAD of UTF-8 metadata": async (s3) => {
    const utf8 = Buffer.from("ünï").toString("latin1");
    await must(s3.put("utf8", { headers: { "x-amz-meta-name": utf8 } }));
    return s3.head("utf8");
  },
});

import { raw } from "../../../harness";
import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const object = (s3: TestBucket) => must(s3.put("a.txt", { body: "hello", headers: { "content-type": "text/plain" } }));
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

export const headerSignatures = operations(object, {
  "GET with a wrong secret": (s3) => s3.get("a.txt", { signer: { secretAccessKey: "not the secret" } }),
  "GET with an unknown access key": (s3) => s3.get("a.txt", { signer: { accessKeyId: "NOSUCHACCESSKEY" } }),
  "GET signed 14 minutes ago": (s3) => s3.get("a.txt", { signedAt: minutesAgo(14) }),
  "GET signed 20 minutes ago": (s3) => s3.get("a.txt", { signedAt: minutesAgo(20) }),
  "GET signed 20 minutes from now": (s3) => s3.get("a.txt", { signedAt: minutesAgo(-20) }),
  "GET without a signature": (s3) => s3.get("a.txt", { signer: "none" }),
  "GET of a missing key without a signature": (s3) => s3.get("missing", { signer: "none" }),
  "PUT without a signature": (s3) => s3.put("b.txt", { signer: "none", body: "x" }),
  "DELETE without a signature": (s3) => s3.delete("a.txt", { signer: "none" }),
  "list without a signature": (s3) => s3.get("", { signer: "none" }),
  "GET with an authorization that is none": (s3) =>
    s3.get("a.txt", { signer: "none", headers: { authorization: "AWS4-HMAC-SHA256 nonsense" } }),
  "GET with response-* parameters and without a signature": (s3) =>
    s3.get("a.txt", { signer: "none", query: { "response-content-type": "text/html" } }),
});

const presigned = (s3: TestBucket, options?: Parameters<TestBucket["presign"]>[2]) =>
  s3.presign("GET", "a.txt", options);

export const presignedUrls = operations(object, {
  "presigned GET": (s3) => raw("GET", presigned(s3)),
  "presigned GET of a range": (s3) => raw("GET", presigned(s3), { headers: { range: "bytes=1-2" } }),
  "presigned GET with response-* parameters": (s3) =>
    raw("GET", presigned(s3, { query: { "response-content-disposition": "attachment" } })),
  "presigned GET with a response-* parameter added": (s3) =>
    raw("GET", `${presigned(s3)}&response-content-type=text%2Fhtml`),
  "presigned GET that has expired": (s3) =>
    raw("GET", presigned(s3, { signedAt: minutesAgo(10), expiresSeconds: 300 })),
  "presigned GET that expires in 8 days": (s3) => raw("GET", presigned(s3, { expiresSeconds: 8 * 24 * 3600 })),
  "presigned GET of another key": (s3) => raw("GET", presigned(s3).replace("a.txt", "b.txt")),
  "presigned GET with a longer life": (s3) => raw("GET", presigned(s3).replace("Expires=300", "Expires=3000")),
  "presigned GET with another signature": (s3) =>
    raw(
      "GET",
      presigned(s3).replace(/(Signature=)(.)/, (_, name, digit) => `${name}${digit === "0" ? "1" : "0"}`),
    ),
  "presigned GET without its expiry": (s3) => raw("GET", presigned(s3).replace(/&X-Amz-Expires=\d+/, "")),
  "presigned GET used for a PUT": (s3) => raw("PUT", presigned(s3), { body: "overwritten" }),
  "presigned GET used for a DELETE": (s3) => raw("DELETE", presigned(s3)),
  "presigned GET used for a HEAD": (s3) => raw("HEAD", presigned(s3)),
  "presigned PUT": (s3) => raw("PUT", s3.presign("PUT", "b.txt"), { body: "new" }),
  "presigned PUT with a signed type": (s3) => {
    const headers = { "content-type": "image/png" };
    return raw("PUT", s3.presign("PUT", "b.png", { headers }), { headers, body: "png" });
  },
  "presigned PUT with another type than was signed": (s3) => {
    const url = s3.presign("PUT", "b.png", { headers: { "content-type": "image/png" } });
    return raw("PUT", url, { headers: { "content-type": "text/html" }, body: "html" });
  },
  "presigned PUT with an ACL added": (s3) =>
    raw("PUT", s3.presign("PUT", "b.txt"), { headers: { "x-amz-acl": "public-read" }, body: "x" }),
  "presigned PUT with a wrong Content-MD5": (s3) =>
    raw("PUT", s3.presign("PUT", "b.txt"), { headers: { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==" }, body: "x" }),
});

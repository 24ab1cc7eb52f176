import { describe, expect, it } from "vitest";
import { authenticate } from "@/lib/embedded/s3/auth/authenticate";
import { canonicalRequest } from "@/lib/embedded/s3/auth/sigv4";
import { UserDirectory } from "@/lib/embedded/s3/auth/users";
import { verifyForm } from "@/lib/embedded/s3/post/signature";
import { incoming } from "./request";

// The examples AWS publishes, signatures and all; those of chunked uploads are in sigv4-streaming.test.ts.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, sigv4-query-string-auth.html and
// sigv4-post-example.html
const users = new UserDirectory([
  { name: "example", accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
]);
const settings = { region: "us-east-1", users };
const host = "examplebucket.s3.amazonaws.com";
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const date = "20130524T000000Z";
const scope = "20130524/us-east-1/s3/aws4_request";
const authorization = (signedHeaders: string, signature: string) =>
  `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/${scope},SignedHeaders=${signedHeaders},Signature=${signature}`;
const signed = { host, "x-amz-content-sha256": emptyHash, "x-amz-date": date };
const plain = "host;x-amz-content-sha256;x-amz-date";

const examples = [
  {
    name: "GET Object",
    request: incoming("GET", "/test.txt", {
      ...signed,
      range: "bytes=0-9",
      authorization: authorization(
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
      ),
    }),
  },
  {
    name: "PUT Object",
    request: incoming("PUT", "/test%24file.text", {
      ...signed,
      date: "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      authorization: authorization(
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
      ),
    }),
  },
  {
    name: "GET Bucket Lifecycle",
    request: incoming("GET", "/?lifecycle", {
      ...signed,
      authorization: authorization(plain, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    }),
  },
  {
    name: "List Objects",
    request: incoming("GET", "/?max-keys=2&prefix=J", {
      ...signed,
      authorization: authorization(plain, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    }),
  },
  {
    name: "presigned GET",
    request: incoming(
      "GET",
      `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=${date}&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`,
      { host },
    ),
  },
];

describe("AWS's published examples", () => {
  it.each(examples)("$name is accepted", ({ request }) => {
    expect(authenticate(request, settings).identity).toMatchObject({ kind: "user", name: "example" });
  });

  it.each(examples)("$name with one digit of its signature changed is refused", ({ request }) => {
    const header = request.header("authorization")?.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const query = new Map(request.query);
    const signature = query.get("X-Amz-Signature");
    if (signature)
      query.set(
        "X-Amz-Signature",
        signature.replace(/^./, (first) => (first === "0" ? "1" : "0")),
      );
    const forged = {
      ...request,
      query,
      header: (name: string) => (name === "authorization" ? header : request.header(name)),
    };
    expect(() => authenticate(forged, settings)).toThrow(expect.objectContaining({ code: "SignatureDoesNotMatch" }));
  });

  const policy =
    "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
  const form = new Map([
    ["policy", policy],
    ["x-amz-algorithm", "AWS4-HMAC-SHA256"],
    ["x-amz-credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"],
    ["x-amz-date", "20151229T000000Z"],
    ["x-amz-signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"],
  ]);

  it("the POST policy is accepted, and refused once a character of it is another", () => {
    const now = Date.UTC(2015, 11, 29, 1);
    expect(verifyForm(form, settings, now)).toMatchObject({ kind: "user", authType: "POST" });
    const forged = new Map(form).set("policy", policy.replace("eyAi", "eyAk"));
    expect(() => verifyForm(forged, settings, now)).toThrow(expect.objectContaining({ code: "SignatureDoesNotMatch" }));
  });
});

describe("the canonical request", () => {
  const canonical = (value: string) =>
    canonicalRequest({ method: "GET", path: "/", query: [], headers: [["x", value]], payloadHash: "" });

  it("trims and folds spaces, and leaves the last byte of a letter", () => {
    expect(canonical("  a   b ")).toBe(canonical("a b"));
    const voila = Buffer.from("voilà").toString("latin1"); // its last byte is A0, a space to JavaScript
    expect(canonical(voila)).toContain(`x:${voila}\n`);
  });
});

describe("the limits of a signature", () => {
  const get = examples[0]?.request ?? incoming("GET", "/");
  const presigned = examples[4]?.request ?? incoming("GET", "/");
  const at = (request: typeof get, offsetMs: number) => ({ ...request, receivedAt: request.receivedAt + offsetMs });
  const minute = 60_000;
  const code = (code: string) => expect.objectContaining({ code });

  it("a header signature holds for 15 minutes either way", () => {
    for (const offset of [-14 * minute, 14 * minute])
      expect(() => authenticate(at(get, offset), settings)).not.toThrow();
    for (const offset of [-16 * minute, 16 * minute]) {
      expect(() => authenticate(at(get, offset), settings)).toThrow(code("RequestTimeTooSkewed"));
    }
  });

  it("a presigned URL ends with its expiry and does not begin before its date", () => {
    expect(() => authenticate(at(presigned, 86_400_000), settings)).not.toThrow();
    expect(() => authenticate(at(presigned, 86_401_000), settings)).toThrow(/expired/);
    expect(() => authenticate(at(presigned, -16 * minute), settings)).toThrow(/not valid yet/);
  });

  it("an expiry beyond seven days is refused", () => {
    const long = { ...presigned, query: new Map(presigned.query).set("X-Amz-Expires", "604801") };
    expect(() => authenticate(long, settings)).toThrow(code("AuthorizationQueryParametersError"));
  });

  it("another region, an unsigned x-amz header, both mechanisms at once and old signatures are refused", () => {
    expect(() => authenticate(get, { ...settings, region: "eu-west-1" })).toThrow(/expecting 'eu-west-1'/);
    const withAcl = { ...presigned, headerNames: () => ["host", "x-amz-acl"] };
    expect(() => authenticate(withAcl, settings)).toThrow(/not signed/);
    expect(() => authenticate({ ...get, query: presigned.query }, settings)).toThrow(code("InvalidArgument"));
    expect(() => authenticate(incoming("GET", "/a?AWSAccessKeyId=x&Signature=y&Expires=1"), settings)).toThrow(
      /not supported/,
    );
    expect(() => authenticate(incoming("GET", "/a", { authorization: "AWS x:y" }), settings)).toThrow(/not supported/);
  });
});

import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import { S3ServiceException } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "@/lib/errors";
import { storageError } from "@/lib/storage/errors";
import { hmacSha256 } from "@/lib/storage/hmac";

function answer(status: number, name: string): S3ServiceException {
  const error = new S3ServiceException({ name, $fault: "client", $metadata: { httpStatusCode: status } });
  return Object.assign(error, { $response: { headers: { authorization: "AWS4-HMAC-SHA256 Signature=secret" } } });
}

describe("storageError", () => {
  it.each([
    [404, "NoSuchKey", "NOT_FOUND"],
    [404, "NoSuchVersion", "NOT_FOUND"],
    [404, "NoSuchBucket", "INTERNAL"],
    // The response to a HEAD has no error code; a proxy's 404 is not S3's.
    [404, "NotFound", "INTERNAL"],
    [404, "UnknownError", "INTERNAL"],
    [500, "InternalError", "UNAVAILABLE"],
    [502, "BadGateway", "UNAVAILABLE"],
    [503, "SlowDown", "UNAVAILABLE"],
    [429, "TooManyRequests", "UNAVAILABLE"],
    [400, "RequestTimeout", "UNAVAILABLE"],
    [403, "AccessDenied", "INTERNAL"],
    [403, "SignatureDoesNotMatch", "INTERNAL"],
    [400, "InvalidArgument", "INTERNAL"],
  ])("%s %s is %s", (status, name, code) => {
    expect(storageError(answer(status, name)).code).toBe(code);
  });

  it.each(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "ETIMEDOUT", "EHOSTUNREACH", "EPIPE"])("%s", (code) => {
    expect(storageError(Object.assign(new Error("connect"), { code })).code).toBe("UNAVAILABLE");
  });

  it("keeps the SDK's error as the cause, without the request and its signature", () => {
    const error = storageError(answer(503, "SlowDown"));
    expect(error.cause).toBeInstanceOf(S3ServiceException);
    expect(JSON.stringify(error.cause)).not.toContain("Signature");
  });

  it("keeps nothing that S3 repeats of a request: neither its session token, nor what was signed", () => {
    const repeated = { "Token-0": "secret", StringToSign: "secret", CanonicalRequest: "x-amz-security-token:secret" };
    const { cause } = storageError(Object.assign(answer(400, "InvalidToken"), repeated));
    expect(inspect(cause, { depth: null })).not.toContain("secret");
    expect(cause).toMatchObject({ name: "InvalidToken", $metadata: { httpStatusCode: 400 } });
  });

  it("leaves an AppError as it is", () => {
    const error = new AppError("CONFLICT", "x");
    expect(storageError(error)).toBe(error);
  });
});

describe("hmacSha256", () => {
  it("equals createHmac for any key and text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.string({ unit: "binary", maxLength: 100 }), (key, text) => {
        expect(hmacSha256(key, 400)(text)).toBe(createHmac("sha256", key).update(text).digest("hex"));
      }),
    );
  });

  it("rejects keys and texts that are too long instead of truncating them", () => {
    expect(() => hmacSha256(new Uint8Array(65), 10)).toThrow(RangeError);
    const sign = hmacSha256(new Uint8Array(32), 10);
    expect(sign("x".repeat(10))).toHaveLength(64);
    for (const text of ["x".repeat(11), "é".repeat(6), "😀".repeat(3), `${"x".repeat(9)}é`, "x".repeat(1000)])
      expect(() => sign(text)).toThrow(RangeError);
  });
});

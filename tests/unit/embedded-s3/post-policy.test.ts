import { describe, expect, it } from "vitest";
import { checkPostPolicy, parsePostPolicy } from "@/lib/embedded/s3/post/policy";
import { expandFilename } from "@/lib/embedded/s3/post/post-object";

const now = Date.UTC(2026, 0, 1);
const encode = (document: unknown) =>
  Buffer.from(typeof document === "string" ? document : JSON.stringify(document)).toString("base64");
const check = (conditions: unknown[], fields: Record<string, string>, expiration = "2026-01-01T00:10:00Z") =>
  checkPostPolicy(parsePostPolicy(encode({ expiration, conditions })), new Map(Object.entries(fields)), now);

describe("conditions of a POST policy", () => {
  const accepted: [string, unknown[], Record<string, string>][] = [
    ["eq as object", [{ key: "a" }], { key: "a" }],
    ["eq as list", [["eq", "$key", "a"]], { key: "a" }],
    ["names without regard to case", [{ "X-Amz-Meta-Who": "me" }], { "x-amz-meta-who": "me" }],
    ["starts-with", [["starts-with", "$key", "up/"]], { key: "up/x" }],
    ["starts-with nothing, field absent", [["starts-with", "$content-type", ""]], {}],
    ["starts-with nothing, any value", [["starts-with", "$content-type", ""]], { "content-type": "text/html" }],
    [
      "a list of content types that all fit",
      [["starts-with", "$Content-Type", "image/"]],
      { "content-type": "image/png,image/jpeg" },
    ],
    ["x-ignore fields need no condition", [], { "x-ignore-me": "1" }],
    ["signature and policy need no condition", [], { policy: "p", "x-amz-signature": "s" }],
    ["a dollar sign escaped as S3 has it", [["eq", "$key", "$5"]], { key: "$5" }],
  ];
  it.each(accepted)("%s is accepted", (_, conditions, fields) => {
    expect(check(conditions, fields)).toEqual({ minBytes: 0, maxBytes: Number.POSITIVE_INFINITY });
  });

  const refused: [string, unknown[], Record<string, string>][] = [
    ["another key", [{ key: "a" }], { key: "b" }],
    ["a key that differs in case", [{ key: "a" }], { key: "A" }],
    ["a key outside the prefix", [["starts-with", "$key", "up/"]], { key: "upx" }],
    ["a missing field", [["starts-with", "$x-amz-meta-who", "m"]], {}],
    ["a field without condition", [{ key: "a" }], { key: "a", acl: "public-read" }],
    [
      "a content type that only begins right, by eq",
      [{ "Content-Type": "image/jpeg" }],
      { "content-type": "image/jpegz;text/html" },
    ],
    [
      "a list with one content type that does not fit",
      [["starts-with", "$Content-Type", "image/"]],
      { "content-type": "image/png,text/html" },
    ],
    ["one of two conditions on the same field", [["starts-with", "$key", "up/"], { key: "up/a" }], { key: "up/b" }],
  ];
  it.each(refused)("%s is refused", (_, conditions, fields) => {
    expect(() => check(conditions, fields)).toThrow(expect.objectContaining({ code: "AccessDenied" }));
  });

  it("an expired policy is refused, to the millisecond", () => {
    expect(() => check([], {}, "2026-01-01T00:00:00.000Z")).toThrow(/expired/);
    expect(() => check([], {}, "2026-01-01T00:00:00.001Z")).not.toThrow();
  });

  it("the narrowest of several content-length-ranges counts", () => {
    const bounds = check(
      [
        ["content-length-range", 1, 100],
        ["content-length-range", "5", 1000],
      ],
      {},
    );
    expect(bounds).toEqual({ minBytes: 5, maxBytes: 100 });
  });
});

describe("policy documents that are none", () => {
  const expiration = "2026-01-01T00:10:00Z";
  it.each([
    ["no base64", "%%%"],
    ["no JSON", encode("{")],
    ["a list", encode([])],
    ["no expiration", encode({ conditions: [] })],
    ["an expiration that is no date", encode({ expiration: "tomorrow", conditions: [] })],
    ["an expiration that is no day", encode({ expiration: "2026-02-45T00:00:00Z", conditions: [] })],
    ["no conditions", encode({ expiration })],
    ["names in another case", encode({ expiration, Conditions: [] })],
    ["a condition of two fields", encode({ expiration, conditions: [{ key: "a", acl: "b" }] })],
    ["a value that is no string", encode({ expiration, conditions: [{ key: 1 }] })],
    ["an unknown operator", encode({ expiration, conditions: [["ends-with", "$key", "a"]] })],
    ["a name without dollar", encode({ expiration, conditions: [["eq", "key", "a"]] })],
    ["a range of one number", encode({ expiration, conditions: [["content-length-range", 1]] })],
    ["a range the wrong way round", encode({ expiration, conditions: [["content-length-range", 9, 1]] })],
    ["a quote in a name breaking the JSON", encode(`{"expiration":"${expiration}","conditions":[{"key":"a"b.jpg"}]}`)],
  ])("%s", (_, policy) => {
    expect(() => parsePostPolicy(policy)).toThrow(expect.objectContaining({ code: "InvalidPolicyDocument" }));
  });

  it("reads the escaped dollar sign of AWS's documents", () => {
    const policy = encode(`{"expiration":"${expiration}","conditions":[["eq","$key","\\$5 \\\\$6"]]}`);
    expect(parsePostPolicy(policy).conditions).toEqual([{ kind: "eq", field: "key", value: "$5 \\$6" }]);
  });
});

describe("the file's name in a field", () => {
  const placeholder = "up/$" + "{filename}";
  it.each([
    ["a.jpg", "up/a.jpg"],
    ["dir/sub/a.jpg", "up/a.jpg"],
    ["..\\..\\a.jpg", "up/a.jpg"],
    ["../../etc/passwd", "up/passwd"],
    ["C:\\photos\\ü ñ.jpg", "up/ü ñ.jpg"],
    ["$&.jpg", "up/$&.jpg"],
  ])("%s becomes %s", (filename, key) => {
    expect(expandFilename(new Map([["key", placeholder]]), filename).get("key")).toBe(key);
  });
});

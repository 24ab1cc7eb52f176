import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { setupPermissions, sitePermissions, uploadRolePermissions, uploadRoleTrust } from "@/lib/infra/iam";
import { allowsEveryone, canonicalStatement, denyForeignReferers, type Statement } from "@/lib/infra/policy";
import { mediaBucket } from "@/lib/infra/settings";
import { uploadPolicy } from "@/lib/upload/policy";

const input = { bucket: "atoll-media", origins: ["https://photos.example.org"], secure: true };

describe("mediaBucket", () => {
  it("has no statement that allows", () => {
    for (const { Effect } of mediaBucket(input).policy) expect(Effect).toBe("Deny");
  });

  it("lists each origin once, in any order, with or without a trailing slash", () => {
    const origins = ["https://b.example", "https://a.example/", "https://b.example/"];
    expect(mediaBucket({ ...input, origins }).origins).toEqual(["https://a.example", "https://b.example"]);
  });

  it.each([[[]], [["*"]], [["https://a.example/path"]], [["ftp://a.example"]], [["a.example"]], [["https://*"]]])(
    "refuses the origins %j",
    (origins) => {
      expect(() => mediaBucket({ ...input, origins })).toThrow(TypeError);
    },
  );

  it("keeps the parts of a large file as long as its upload can be open", () => {
    const [rule] = mediaBucket(input).lifecycle;
    const days = rule?.AbortIncompleteMultipartUpload.DaysAfterInitiation ?? 0;
    expect(days * 24 * 60 * 60).toBeGreaterThan(uploadPolicy.uploadMaxLifeSeconds);
  });

  it("requires TLS only when the endpoint has it", () => {
    const sids = (secure: boolean) => mediaBucket({ ...input, secure }).policy.map(({ Sid }) => Sid);
    expect(sids(true)).toEqual(["AtollDenyForeignReferers", "AtollDenyInsecureTransport"]);
    expect(sids(false)).toEqual(["AtollDenyForeignReferers"]);
  });
});

describe("canonicalStatement", () => {
  const ours = denyForeignReferers("b", ["https://a.example"]);

  it("is the same for a server's spelling of a statement", () => {
    const theirs: Statement = {
      Condition: {
        StringNotLike: { "aws:Referer": "https://a.example/*" },
        StringLike: { "aws:Referer": ["?*"] },
      },
      Resource: ["arn:aws:s3:::b/*"],
      Action: ["s3:GetObjectVersion", "s3:GetObject"],
      Principal: { AWS: "*" },
      Effect: "Deny",
      Sid: "AtollDenyForeignReferers",
    };
    expect(canonicalStatement(theirs)).toBe(canonicalStatement(ours));
  });

  it.each([
    { ...ours, Effect: "Allow" as const },
    { ...ours, Action: "s3:GetObject" },
    { ...ours, Principal: { AWS: "arn:aws:iam::123456789012:root" } },
    { ...ours, Resource: "arn:aws:s3:::b/media/*" },
    denyForeignReferers("b", ["https://a.example", "https://b.example"]),
  ])("tells apart what means something else", (other) => {
    expect(canonicalStatement(other)).not.toBe(canonicalStatement(ours));
  });
});

describe("allowsEveryone", () => {
  const open: Statement = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "*" };

  it.each<[string, Statement, boolean]>([
    ["anonymous reading", open, true],
    [
      "the Allow-by-Referer recipe",
      { ...open, Condition: { StringLike: { "aws:Referer": "https://a.example/*" } } },
      true,
    ],
    ["a user agent", { ...open, Condition: { StringEquals: { "aws:UserAgent": "secret" } } }, true],
    ["AWS: *", { ...open, Principal: { AWS: ["*"] } }, true],
    ["one account", { ...open, Principal: { AWS: "arn:aws:iam::123456789012:root" } }, false],
    ["a service", { ...open, Principal: { Service: "cloudfront.amazonaws.com" } }, false],
    ["a network", { ...open, Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }, false],
    ["a denial", { ...open, Effect: "Deny" }, false],
  ])("%s", (_, statement, expected) => {
    expect(allowsEveryone(statement)).toBe(expected);
  });
});

describe("the manual", () => {
  const manual = readFileSync(path.resolve(import.meta.dirname, "../../../lib/infra/README.md"), "utf8");
  const blocks = [...manual.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => JSON.parse(text ?? "") as unknown);
  const settings = mediaBucket(input);

  it("has the same JSON as the code", () => {
    expect(blocks).toEqual([
      { Rules: [{ ObjectOwnership: settings.ownership }] },
      settings.publicAccess,
      { Status: settings.versioning },
      { CORSRules: settings.cors },
      { Version: "2012-10-17", Statement: settings.policy },
      { Rules: settings.lifecycle },
      sitePermissions(input.bucket),
      setupPermissions(input.bucket),
      uploadRolePermissions(input.bucket),
      uploadRoleTrust("arn:aws:iam::123456789012:role/atoll-site"),
    ]);
  });
});

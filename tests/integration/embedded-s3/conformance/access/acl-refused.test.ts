import * as sdk from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guest, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

/** Lists of grants that say what no ACL can say. */

const store = storeForFile();
const media = bucketIn(store, "media", { ObjectOwnership: "ObjectWriter" });
const groups = "http://acs.amazonaws.com/groups";
const allUsers = `${groups}/global/AllUsers`;
const denied = "403 AccessDenied";
let ids: Record<"root" | "guest", string>;
let asGuest: sdk.S3Client;

beforeAll(async () => {
  asGuest = store.client({ credentials: guest });
  const idOf = async (client: sdk.S3Client) => (await client.send(new sdk.ListBucketsCommand({}))).Owner?.ID ?? "";
  ids = { root: await idOf(store.s3), guest: await idOf(asGuest) };
  await media.put("k", "x");
});
afterAll(() => asGuest.destroy());

const objectRows = async (Key: string) =>
  (await media.send(sdk.GetObjectAclCommand, { Key })).Grants?.map((one) => [one.Grantee?.ID, one.Permission]);

describe("an ACL", () => {
  const grantXml = (grantee: string, permission = "READ") =>
    `<Grant><Grantee>${grantee}</Grantee><Permission>${permission}</Permission></Grant>`;
  const document = (owner: string, grants: string) =>
    `<AccessControlPolicy>${owner}<AccessControlList>${grants}</AccessControlList></AccessControlPolicy>`;
  const byRoot = () => `<Owner><ID>${ids.root}</ID></Owner>`;
  const put = async (body: string) => {
    const answer = await signedRaw("PUT", media.url("k", "acl"), { body });
    return `${answer.status} ${answer.code ?? ""}`.trim();
  };

  it.each<[string, () => string, string]>([
    [
      "a grantee by e-mail",
      () => document(byRoot(), grantXml("<EmailAddress>a@b.test</EmailAddress>")),
      "405 MethodNotAllowed",
    ],
    ["an id nobody has", () => document(byRoot(), grantXml(`<ID>${"f".repeat(64)}</ID>`)), "400 InvalidArgument"],
    [
      "a group there is not",
      () => document(byRoot(), grantXml(`<URI>${groups}/global/Friends</URI>`)),
      "400 InvalidArgument",
    ],
    ["a group given as an id", () => document(byRoot(), grantXml(`<ID>${allUsers}</ID>`)), "400 InvalidArgument"],
    ["no grantee", () => document(byRoot(), grantXml("")), "400 MalformedACLError"],
    [
      "two grantees in one",
      () => document(byRoot(), grantXml(`<ID>${ids.guest}</ID><URI>${allUsers}</URI>`)),
      "400 MalformedACLError",
    ],
    [
      "a permission there is not",
      () => document(byRoot(), grantXml(`<ID>${ids.guest}</ID>`, "EXECUTE")),
      "400 MalformedACLError",
    ],
    ["101 grants", () => document(byRoot(), grantXml(`<ID>${ids.guest}</ID>`).repeat(101)), "400 MalformedACLError"],
    ["no owner", () => document("", grantXml(`<ID>${ids.guest}</ID>`)), "400 MalformedACLError"],
    ["another owner", () => document(`<Owner><ID>${ids.guest}</ID></Owner>`, ""), denied],
  ])("with %s is refused and changes nothing", async (_, body, expected) => {
    expect(await put(body())).toBe(expected);
    expect(await objectRows("k")).toEqual([[ids.root, "FULL_CONTROL"]]);
  });

  it.each<[string, () => string, string]>([
    ["an e-mail address", () => 'emailAddress="a@b.test"', "405 MethodNotAllowed"],
    ["an id nobody has", () => "id=nobody", "400 InvalidArgument"],
    ["a bare word", () => ids.guest, "400 InvalidArgument"],
    ["an id given as a group", () => `uri="${ids.guest}"`, "400 InvalidArgument"],
    ["a group given as an id", () => `id="${allUsers}"`, "400 InvalidArgument"],
  ])("in a header with %s is refused", async (_, value, expected) => {
    expect(await refusal(media.put("refused", "x", { GrantRead: value() }))).toBe(expected);
    expect(await refusal(media.head("refused"))).toMatch(/^404/);
  });

  it("is canned or a list, not both", async () => {
    const both = media.put("both", "x", { ACL: "private", GrantRead: `id="${ids.guest}"` });
    expect(await refusal(both)).toBe("400 InvalidRequest");
  });
});

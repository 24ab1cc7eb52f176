import type { RawAnswer } from "../../../harness";
import { must, type RequestOptions, type TestBucket } from "../../bucket";
import { type Operation, operations } from "../../operation";
import { sorted, withAcls } from "./access";

/** ACLs that give single users something. The second account is the grantee. */

const groups = "http://acs.amazonaws.com/groups";
const everyone = `${groups}/global/AllUsers`;
const signers = `${groups}/global/AuthenticatedUsers`;
const permissions = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"] as const;
type Ids = { readonly own: string; readonly other: string };

async function prepare(s3: TestBucket): Promise<Ids> {
  await withAcls(s3);
  const idOf = async (signer: "other" | Record<string, never>) => {
    const { text } = await must(s3.send("GET", "", { bucket: "", signer }));
    return /<ID>([^<]*)<\/ID>/.exec(text)?.[1] ?? "";
  };
  return { own: await idOf({}), other: await idOf("other") };
}

const grantee = (name: string) => {
  const [type, element] = name.includes("://") ? ["Group", "URI"] : ["CanonicalUser", "ID"];
  return `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${type}"><${element}>${name}</${element}></Grantee>`;
};
const grant = (name: string, permission: string) =>
  `<Grant>${grantee(name)}<Permission>${permission}</Permission></Grant>`;
const document = (owner: string, ...grants: string[]) =>
  `<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>${owner}</ID></Owner><AccessControlList>${grants.join("")}</AccessControlList></AccessControlPolicy>`;
const putAcl = (s3: TestBucket, key: string, body: string) => s3.put(key, { query: { acl: "" }, body });
const key = "public/a.txt";
const asOther = { signer: "other" } as const;
const acl = { query: { acl: "" } };

type Try = (s3: TestBucket, ids: Ids) => Promise<RawAnswer>;
const onObject: Record<string, Try> = {
  GET: (s3) => s3.get(key, asOther),
  HEAD: (s3) => s3.head(key, asOther),
  "its ACL": async (s3) => sorted(await s3.get(key, { ...acl, ...asOther })),
  "PUT of its ACL": (s3) => s3.put(key, { ...acl, ...asOther, headers: { "x-amz-acl": "private" } }),
};
const onBucket: Record<string, Try> = {
  list: (s3) => s3.get("", { ...asOther, query: { "list-type": "2" } }),
  "PUT of a new key": (s3) => s3.put("new.txt", { ...asOther, body: "x" }),
  "its ACL": async (s3) => sorted(await s3.get("", { ...acl, ...asOther })),
  "PUT of its ACL": (s3) => s3.put("", { ...acl, ...asOther, headers: { "x-amz-acl": "private" } }),
  "GET of an object in it": (s3) => s3.get(key, asOther),
  "DELETE of the bucket": (s3) => s3.delete("", asOther),
};

/** Each try by the grantee under each permission. */
function matrix(what: string, place: string, tries: Record<string, Try>) {
  const rows = permissions.flatMap((permission) =>
    Object.entries(tries).map(([name, attempt]): [string, Try] => [
      `${permission} on ${what}: ${name}`,
      async (s3, ids) => {
        await must(putAcl(s3, place, document(ids.own, grant(ids.own, "FULL_CONTROL"), grant(ids.other, permission))));
        return attempt(s3, ids);
      },
    ]),
  );
  return Object.fromEntries(rows);
}

const begin = async (s3: TestBucket, options: RequestOptions) => {
  const { text } = await must(s3.post("big", { ...options, query: { uploads: "" } }));
  return /<UploadId>([^<]*)/.exec(text)?.[1] ?? "";
};

/** An upload of the second account, which has WRITE on the bucket. */
async function begunByOther(s3: TestBucket, { own, other }: Ids): Promise<string> {
  await must(putAcl(s3, "", document(own, grant(own, "FULL_CONTROL"), grant(other, "WRITE"))));
  return begin(s3, asOther);
}

const block = (s3: TestBucket, setting: string) =>
  must(
    s3.put("", {
      query: { publicAccessBlock: "" },
      body: `<PublicAccessBlockConfiguration><${setting}>true</${setting}></PublicAccessBlockConfiguration>`,
    }),
  );

export const grants: Readonly<Record<string, Operation>> = operations(prepare, {
  ...matrix("an object", key, onObject),
  ...matrix("a bucket", "", onBucket),
  "a list of grants comes back": async (s3, { own, other }) => {
    await must(
      putAcl(s3, key, document(own, grant(other, "READ"), grant(own, "WRITE_ACP"), grant(signers, "READ_ACP"))),
    );
    return sorted(await s3.get(key, acl));
  },
  "a list without the owner comes back": async (s3, { own, other }) => {
    await must(putAcl(s3, key, document(own, grant(other, "READ"))));
    return sorted(await s3.get(key, acl));
  },
  "grants in headers come back": async (s3, { own, other }) => {
    const headers = { "x-amz-grant-read": `id="${other}"`, "x-amz-grant-full-control": `id=${own}` };
    await must(s3.put("b.txt", { body: "x", headers }));
    return sorted(await s3.get("b.txt", acl));
  },
  "grants in headers of an upload in parts": async (s3, { other }) => {
    const headers = { "x-amz-grant-read": `id=${other}` };
    const { text } = await must(s3.post("big", { query: { uploads: "" }, headers }));
    const uploadId = /<UploadId>([^<]*)/.exec(text)?.[1] ?? "";
    const { headers: part } = await must(s3.put("big", { query: { uploadId, partNumber: "1" }, body: "x" }));
    const list = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.etag}</ETag></Part></CompleteMultipartUpload>`;
    await must(s3.post("big", { query: { uploadId }, body: list }));
    return s3.get("big", asOther);
  },
  "a copy has no grants of its source": async (s3, { own, other }) => {
    await must(putAcl(s3, key, document(own, grant(own, "FULL_CONTROL"), grant(other, "READ"))));
    await must(s3.put("copy", { headers: { "x-amz-copy-source": `/${s3.name}/${key}` } }));
    return s3.get("copy", asOther);
  },
  "a version has grants of its own": async (s3, { own, other }) => {
    const body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    await must(s3.put("", { query: { versioning: "" }, body }));
    const { headers } = await must(s3.put(key, { body: "older" }));
    const versionId = String(headers["x-amz-version-id"]);
    await must(s3.put(key, { body: "newer" }));
    const list = document(own, grant(own, "FULL_CONTROL"), grant(other, "READ"));
    await must(s3.put(key, { query: { acl: "", versionId }, body: list }));
    const [older, newer] = [await s3.get(key, { ...asOther, query: { versionId } }), await s3.get(key, asOther)];
    return { ...older, text: `${older.text}, then ${newer.status}` };
  },
  "READ for all who sign: another signs": async (s3, { own }) => {
    await must(putAcl(s3, key, document(own, grant(signers, "READ"))));
    return s3.get(key, asOther);
  },
  "READ for all who sign: one without a signature": async (s3, { own }) => {
    await must(putAcl(s3, key, document(own, grant(signers, "READ"))));
    return s3.get(key, { signer: "none" });
  },
  "READ_ACP for everyone": async (s3, { own }) => {
    await must(putAcl(s3, key, document(own, grant(own, "FULL_CONTROL"), grant(everyone, "READ_ACP"))));
    return sorted(await s3.get(key, { ...acl, signer: "none" }));
  },
  "IgnorePublicAcls leaves grants to users": async (s3, { own, other }) => {
    await must(putAcl(s3, key, document(own, grant(other, "READ"), grant(everyone, "READ"))));
    await block(s3, "IgnorePublicAcls");
    return s3.get(key, asOther);
  },
  "IgnorePublicAcls takes grants to everyone away": async (s3, { own, other }) => {
    await must(putAcl(s3, key, document(own, grant(other, "READ"), grant(everyone, "READ"))));
    await block(s3, "IgnorePublicAcls");
    return s3.get(key, { signer: "none" });
  },
  "BlockPublicAcls refuses a list with everyone in it": async (s3, { own }) => {
    await block(s3, "BlockPublicAcls");
    return putAcl(s3, key, document(own, grant(everyone, "WRITE_ACP")));
  },
  "the bucket's owner reads what another owns": async (s3, { own, other }) => {
    await must(putAcl(s3, "", document(own, grant(own, "FULL_CONTROL"), grant(other, "WRITE"))));
    await must(s3.put("theirs", { ...asOther, body: "x" }));
    return s3.get("theirs");
  },
  "the bucket's owner reads what another owns and shares": async (s3, { own, other }) => {
    await must(putAcl(s3, "", document(own, grant(own, "FULL_CONTROL"), grant(other, "WRITE"))));
    await must(s3.put("theirs", { ...asOther, body: "x", headers: { "x-amz-acl": "bucket-owner-read" } }));
    return s3.get("theirs");
  },
  "the bucket's owner deletes what another owns": async (s3, { own, other }) => {
    await must(putAcl(s3, "", document(own, grant(own, "FULL_CONTROL"), grant(other, "WRITE"))));
    await must(s3.put("theirs", { ...asOther, body: "x" }));
    return s3.delete("theirs");
  },
  "WRITE on a bucket: PUT over another's object": async (s3, { own, other }) => {
    await must(putAcl(s3, "", document(own, grant(own, "FULL_CONTROL"), grant(other, "WRITE"))));
    return s3.put(key, { ...asOther, body: "x" });
  },
  "WRITE on a bucket: DELETE of another's object": async (s3, { own, other }) => {
    await must(putAcl(s3, "", document(own, grant(own, "FULL_CONTROL"), grant(other, "WRITE"))));
    return s3.delete(key, asOther);
  },
  "WRITE on a bucket: list of parts of one's own upload": async (s3, ids) =>
    s3.get("big", { ...asOther, query: { uploadId: await begunByOther(s3, ids) } }),
  "WRITE on a bucket: abort of one's own upload": async (s3, ids) =>
    s3.delete("big", { ...asOther, query: { uploadId: await begunByOther(s3, ids) } }),
  "WRITE on a bucket: abort of another's upload": async (s3, ids) => {
    await begunByOther(s3, ids);
    return s3.delete("big", { ...asOther, query: { uploadId: await begin(s3, {}) } });
  },
  "the bucket's owner aborts another's upload": async (s3, ids) =>
    s3.delete("big", { query: { uploadId: await begunByOther(s3, ids) } }),
  "a grant to an id that nobody has": (s3, { own }) => putAcl(s3, key, document(own, grant("f".repeat(64), "READ"))),
  "a grant to a group that is none": (s3, { own }) =>
    putAcl(s3, key, document(own, grant(`${groups}/global/Friends`, "READ"))),
  "a grant of a permission that is none": (s3, { own, other }) =>
    putAcl(s3, key, document(own, grant(other, "EXECUTE"))),
  "a grant by e-mail": (s3, { own }) => {
    const byEmail =
      '<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="AmazonCustomerByEmail"><EmailAddress>nobody@example.org</EmailAddress></Grantee><Permission>READ</Permission></Grant>';
    return putAcl(s3, key, document(own, byEmail));
  },
  "a list that names another owner": (s3, { other }) => putAcl(s3, key, document(other, grant(other, "READ"))),
  "a header that names no grantee": (s3) => s3.put("b.txt", { body: "x", headers: { "x-amz-grant-read": "somebody" } }),
  "a header that names an id that nobody has": (s3) =>
    s3.put("b.txt", { body: "x", headers: { "x-amz-grant-read": "id=nobody" } }),
  "a canned ACL and grants at once": (s3, { other }) =>
    s3.put("b.txt", { body: "x", headers: { "x-amz-acl": "private", "x-amz-grant-read": `id=${other}` } }),
});

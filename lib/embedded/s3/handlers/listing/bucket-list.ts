import { authorizeService } from "../../access/authorize";
import { ownerBehind } from "../../auth/users";
import type { Call, Reply } from "../../call/call";
import { xmlReply } from "../../call/call";
import { S3Error } from "../../protocol/errors";
import { leaf, tag, xmlDocument } from "../../protocol/xml-write";
import { renderOwner } from "./list-objects";
import { readToken, writeToken } from "./page-token";

const MAX_PAGE = 10_000;

/**
 * The caller's buckets by name; a page of them with `max-buckets`, `continuation-token`, `prefix` or `bucket-region`.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
 */
export async function listBuckets(call: Call): Promise<Reply> {
  const { request, service } = call;
  const { identity } = call.auth;
  authorizeService({ request, identity, action: "s3:ListAllMyBuckets" }, "arn:aws:s3:::*");
  const { after, limit, prefix, region, isPaged } = pageParameters(call);
  const user = ownerBehind(identity);
  // A role or a limited user belongs to the account, which owns all buckets. All of the store's buckets are in its region.
  const own = call.store.buckets.all().filter(({ name, owner }) => {
    const isOwn = !user || user.isRoot || owner === user.name;
    return isOwn && name > after && name.startsWith(prefix ?? "") && (region ?? service.region) === service.region;
  });
  const shown = own.slice(0, limit);
  const last = own.length > limit ? shown.at(-1) : undefined;
  const rendered = shown.map((bucket) =>
    tag(
      "Bucket",
      leaf("Name", bucket.name),
      leaf("CreationDate", new Date(bucket.createdAt).toISOString()),
      leaf("BucketRegion", isPaged ? service.region : undefined),
    ),
  );
  const body = [
    renderOwner(call.caller),
    tag("Buckets", ...rendered),
    leaf("ContinuationToken", last && writeToken(last.name)),
    leaf("Prefix", prefix),
  ];
  return xmlReply(xmlDocument("ListAllMyBucketsResult", ...body));
}

/** @throws S3Error InvalidArgument */
function pageParameters(call: Call) {
  const [most, token, prefix, region] = ["max-buckets", "continuation-token", "prefix", "bucket-region"].map((name) =>
    call.query(name),
  );
  const isNumber = most === undefined || (/^\d{1,5}$/.test(most) && Number(most) >= 1 && Number(most) <= MAX_PAGE);
  if (!isNumber) {
    const details = { ArgumentName: "max-buckets", ArgumentValue: most };
    throw new S3Error("InvalidArgument", `max-buckets must be a number from 1 to ${MAX_PAGE}`, details);
  }
  const isPaged = [most, token, prefix, region].some((value) => value !== undefined);
  return {
    limit: Number(most ?? MAX_PAGE),
    after: token === undefined ? "" : readToken(token),
    prefix,
    region,
    isPaged,
  };
}

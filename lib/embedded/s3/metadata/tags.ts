import { S3Error } from "../protocol/errors";
import { child, childrenOf, expectRoot, textOf, type XmlNode } from "../protocol/xml-read";
import { leaf, tag, xmlDocument } from "../protocol/xml-write";
import type { HeaderMap } from "../store/database/records";

/** Tags of one object. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const OBJECT_TAGS = 10;
/** Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html */
export const BUCKET_TAGS = 50;

/** The `x-amz-tagging` header: a query string. @throws S3Error InvalidArgument, InvalidTag */
export function parseTagHeader(header: string | undefined): HeaderMap | undefined {
  return header ? checked([...new URLSearchParams(header)]) : undefined;
}

/** A Tagging document. @param most how many tags it may have @throws S3Error MalformedXML, InvalidTag */
export function parseTagging(xml: string, most = OBJECT_TAGS): HeaderMap | undefined {
  const set = child(expectRoot(xml, "Tagging"), "TagSet");
  if (!set) throw new S3Error("MalformedXML");
  return readTags(childrenOf(set, "Tag"), most);
}

/** `Tag` elements with a `Key` and a `Value` each. @throws S3Error MalformedXML, InvalidTag */
export function readTags(nodes: readonly XmlNode[], most = OBJECT_TAGS): HeaderMap | undefined {
  return checked(
    nodes.map((one) => {
      const [key, value] = [textOf(one, "Key"), textOf(one, "Value")];
      if (key === undefined || value === undefined) throw new S3Error("MalformedXML");
      return [key, value] as const;
    }),
    most,
  );
}

export function renderTagging(tags: HeaderMap | undefined): string {
  const rendered = Object.entries(tags ?? {}).map(([key, value]) => tag("Tag", leaf("Key", key), leaf("Value", value)));
  return xmlDocument("Tagging", tag("TagSet", ...rendered));
}

function checked(pairs: readonly (readonly [string, string])[], most = OBJECT_TAGS): HeaderMap | undefined {
  if (pairs.length > most) throw new S3Error("InvalidTag", `There cannot be more than ${most} tags`);
  const tags = new Map(pairs);
  if (tags.size !== pairs.length) throw new S3Error("InvalidTag", "Cannot provide multiple Tags with the same key");
  for (const [key, value] of pairs) {
    if (key === "" || key.length > 128) throw new S3Error("InvalidTag", "The TagKey you have provided is invalid");
    if (/^aws:/i.test(key)) throw new S3Error("InvalidTag", "System tags cannot be added or updated by the requester");
    if (value.length > 256) throw new S3Error("InvalidTag", "The TagValue you have provided is invalid");
  }
  return pairs.length > 0 ? Object.fromEntries(tags) : undefined;
}

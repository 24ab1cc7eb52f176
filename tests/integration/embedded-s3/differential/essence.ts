import { createHash } from "node:crypto";
import { parseXml, type XmlNode } from "@/lib/embedded/s3/protocol/xml-read";
import type { RawAnswer } from "../harness";

/**
 * What of an answer must agree, by name: `answer` (status and Code of an error), headers, the `body` of an object, and
 * the leaves of XML by their path, `/ListBucketResult/Contents[2]/Key`.
 */
export type Essence = Readonly<Record<string, string>>;

/** Where an answer comes from: what is replaced in it. */
export interface Place {
  readonly endpoint: string;
  readonly bucket: string;
}

/** Headers that say something about the object or the operation; others are about the connection or the server. */
const essential = new Set([
  "allow",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-range",
  "etag",
  "expires",
  "last-modified",
  "location",
  "vary",
  "x-amz-bucket-region",
  "x-amz-copy-source-version-id",
  "x-amz-delete-marker",
  "x-amz-mp-parts-count",
  "x-amz-tagging-count",
  "x-amz-version-id",
]);

/** Ceph has these on every answer, of whatever kind: they are held against each other for GET and HEAD of objects. */
const aboutObjects = ["accept-ranges", "content-length", "content-type"];

/**
 * Elements that one side has no word for: Ceph adds the first two to S3's schema, and knows nothing of the checksums S3
 * keeps with every object (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
 */
const passedOver = /^(Type|RgwxTag|Checksum.*)$/;

/** Values that are the server's own: that they are there is what counts. */
const ownIds =
  /^x-amz-(version-id|copy-source-version-id)$|(VersionId|UploadId|VersionIdMarker|UploadIdMarker|ContinuationToken)$|(Owner|Initiator|Grantee)\/(ID|DisplayName)$/;
const httpDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const isoDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Takes what must agree out of an answer; what may differ from run to run is replaced by what kind of thing it is. */
export function essence(answer: RawAnswer, place: Place): Essence {
  const out: Record<string, string> = { answer: `${answer.status} ${answer.code ?? ""}`.trim() };
  for (const [name, value] of Object.entries(answer.headers)) {
    const wanted = essential.has(name) || name.startsWith("x-amz-meta-") || name.startsWith("access-control-");
    if (wanted && value !== undefined) out[name] = shape(name, String(value), place);
  }
  if (answer.status >= 300) return out;
  if (/^<(\?xml|[A-Z])/.test(answer.text)) {
    const root = parseXml(answer.text);
    addLeaves(root, `/${root.name}`, out, place);
  } else
    out.body =
      answer.text.length > 100
        ? createHash("sha256").update(answer.text).digest("hex")
        : shape("body", answer.text, place);
  const isObject = answer.headers["last-modified"] !== undefined;
  if (isObject) for (const name of aboutObjects) out[name] = String(answer.headers[name] ?? "");
  return out;
}

/** Leaves with a text; an empty element says what a missing one does. */
function addLeaves(node: XmlNode, path: string, out: Record<string, string>, place: Place): void {
  if (node.children.length === 0) {
    if (node.text.trim() !== "") out[path] = shape(path, node.text, place);
    return;
  }
  const counts = new Map<string, number>();
  for (const child of node.children) {
    if (passedOver.test(child.name)) continue;
    const count = (counts.get(child.name) ?? 0) + 1;
    counts.set(child.name, count);
    addLeaves(child, `${path}/${child.name}${count > 1 ? `[${count}]` : ""}`, out, place);
  }
}

function shape(name: string, value: string, { endpoint, bucket }: Place): string {
  if (name !== "expires" && httpDate.test(value)) return "(date)";
  if (isoDate.test(value)) return "(time)";
  if (ownIds.test(name) && value !== "null") return "(id)";
  if (name === "vary" || name.startsWith("access-control-allow-")) return value.replace(/\s*,\s*/g, ", ");
  return value.replaceAll(endpoint, "(endpoint)").replaceAll(bucket, "(bucket)");
}

/** What the embedded store said and what Ceph said; `undefined` for nothing. */
export type Disagreement = Readonly<Record<string, readonly [ours: string | undefined, cephs: string | undefined]>>;

/** What differs. Where one answer is an error and the other is none, or another, the rest of the two says nothing. */
export function disagreement(ours: Essence, cephs: Essence): Disagreement {
  const names = ours.answer === cephs.answer ? Object.keys({ ...ours, ...cephs }) : ["answer"];
  const different = names.filter((name) => ours[name] !== cephs[name]);
  return Object.fromEntries(different.map((name) => [name, [ours[name], cephs[name]] as const]));
}

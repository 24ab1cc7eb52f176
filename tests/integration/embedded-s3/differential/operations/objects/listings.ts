import { parseXml } from "@/lib/embedded/s3/protocol/xml-read";
import { escapeXml } from "@/lib/embedded/s3/protocol/xml-write";
import type { RawAnswer } from "../../../harness";
import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const keys = ["CASE", "case", "folder", "folder/", "folder/1", "folder/2", "folder/deep/3", "folder0", "other/x", "z"];
const tree = async (s3: TestBucket) => {
  await Promise.all(keys.map((key) => must(s3.put(key, { body: key }))));
};
const list = (s3: TestBucket, query: Record<string, string> = {}) =>
  s3.get("", { query: { "list-type": "2", ...query } });
const listV1 = (s3: TestBucket, query: Record<string, string> = {}) => s3.get("", { query });
const element = (answer: RawAnswer, name: string) => new RegExp(`<${name}>([^<]*)`).exec(answer.text)?.[1] ?? "";

const unescapeXml = (text: string) => parseXml(`<Text>${text}</Text>`).text;

/** What clients read out of an encoded list: which characters are encoded beyond need is a server's own affair. */
const decoded = (answer: RawAnswer): RawAnswer => ({
  ...answer,
  text: answer.text.replace(
    /<(Key|Prefix|Delimiter|NextMarker)>([^<]*)/g,
    (_, name: string, value: string) => `<${name}>${escapeXml(decodeURIComponent(unescapeXml(value)))}`,
  ),
});

export const listing = operations(tree, {
  "list all": (s3) => list(s3),
  "list with owners": (s3) => list(s3, { "fetch-owner": "true" }),
  "list a prefix": (s3) => list(s3, { prefix: "folder/" }),
  "list a prefix nothing has": (s3) => list(s3, { prefix: "nothing" }),
  "list folders": (s3) => list(s3, { delimiter: "/" }),
  "list a folder": (s3) => list(s3, { delimiter: "/", prefix: "folder/" }),
  "list with a delimiter of two characters": (s3) => list(s3, { delimiter: "er" }),
  "list with a delimiter no key has": (s3) => list(s3, { delimiter: "|" }),
  "list after a key": (s3) => list(s3, { "start-after": "folder/1" }),
  "list after something that is no key": (s3) => list(s3, { "start-after": "folder/1a", delimiter: "/" }),
  "list the first page": (s3) => list(s3, { "max-keys": "3" }),
  "list the second page": async (s3) => {
    const token = element(await must(list(s3, { "max-keys": "3" })), "NextContinuationToken");
    return list(s3, { "max-keys": "3", "continuation-token": token });
  },
  "list the second page of folders": async (s3) => {
    const token = element(await must(list(s3, { "max-keys": "4", delimiter: "/" })), "NextContinuationToken");
    return list(s3, { "max-keys": "4", delimiter: "/", "continuation-token": token });
  },
  "list a page as long as the bucket": (s3) => list(s3, { "max-keys": String(keys.length) }),
  "list no keys": (s3) => list(s3, { "max-keys": "0" }),
  "list more keys than a page has": (s3) => list(s3, { "max-keys": "5000" }),
  "list a negative number of keys": (s3) => list(s3, { "max-keys": "-1" }),
  "list a number of keys that is none": (s3) => list(s3, { "max-keys": "many" }),
  "list on from an empty token": (s3) => list(s3, { "continuation-token": "" }),
  "list in an unknown encoding": (s3) => list(s3, { "encoding-type": "base64" }),
  "list an empty bucket": async (s3) => {
    await must(s3.put("", { bucket: `${s3.name}-empty` }));
    return s3.get("", { bucket: `${s3.name}-empty`, query: { "list-type": "2" } });
  },
});

export const listingV1 = operations(tree, {
  "list all, version 1": (s3) => listV1(s3),
  "list after a marker": (s3) => listV1(s3, { marker: "folder/1" }),
  "list the first page, version 1": (s3) => listV1(s3, { "max-keys": "3" }),
  "list the first page of folders, version 1": (s3) => listV1(s3, { "max-keys": "4", delimiter: "/" }),
  "list folders after a folder": (s3) => listV1(s3, { marker: "folder/", delimiter: "/" }),
  "list folders after a key in a folder": (s3) => listV1(s3, { marker: "folder/1", delimiter: "/" }),
});

const odd = async (s3: TestBucket) => {
  const names = [
    "a//b",
    "a b",
    "a+b",
    "a%2Fb",
    "a&b<c>",
    "ü",
    "日本",
    "\u{1f600}",
    "\uff5e",
    "'\"",
    "tab\there",
    "...",
  ];
  await Promise.all(names.map((key) => must(s3.put(`odd/${key}`, { body: key }))));
};

export const listingOddKeys = operations(odd, {
  "list odd keys": (s3) => list(s3),
  "list odd keys, encoded": async (s3) => decoded(await list(s3, { "encoding-type": "url" })),
  "list odd keys, encoded, version 1": async (s3) =>
    decoded(await listV1(s3, { "encoding-type": "url", "max-keys": "4", delimiter: "b" })),
  "list an odd prefix": (s3) => list(s3, { prefix: "odd/a+" }),
});

import { describe, expect, it } from "vitest";
import { canonicalId } from "@/lib/embedded/s3/auth/users";
import { parseRange } from "@/lib/embedded/s3/handlers/object/range";
import { formBoundary, readForm } from "@/lib/embedded/s3/post/form";
import { isBucketName, parseAddress } from "@/lib/embedded/s3/protocol/address";
import { parseXml } from "@/lib/embedded/s3/protocol/xml-read";
import { escapeXml } from "@/lib/embedded/s3/protocol/xml-write";
import { chunksOf, collect } from "./request";

describe("addresses", () => {
  it.each([
    ["/media/a/b.jpg", "media", "a/b.jpg"],
    ["/media/a//b", "media", "a//b"],
    ["/media/%2e%2e/x%2Fy", "media", "../x/y"],
    ["/media/p%2525ct%20+", "media", "p%25ct +"],
    ["/media/", "media", undefined],
    ["/", undefined, undefined],
  ])("%s", (target, bucket, key) => {
    expect(parseAddress(target, "127.0.0.1:9000")).toMatchObject({ bucket, key });
  });

  it("virtual-host style works below localhost", () => {
    expect(parseAddress("/a/b", "media.localhost:9000")).toMatchObject({ bucket: "media", key: "a/b", path: "/a/b" });
  });

  it.each([
    ["/media/%zz", "InvalidURI"],
    ["/media/%ff", "InvalidURI"],
    ["/media/a%00b", "InvalidURI"],
    [`/media/${"é".repeat(513)}`, "KeyTooLongError"],
    ["/media?acl&acl", "InvalidArgument"],
    ["http://elsewhere/media", "InvalidURI"],
  ])("%s is refused", (target, code) => {
    expect(() => parseAddress(encodeURI(target).replaceAll("%25", "%"), undefined)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it("bucket names follow S3's rules", () => {
    for (const name of ["abc", "a-b.c1", "a".repeat(63)]) expect(isBucketName(name)).toBe(true);
    for (const name of ["ab", "Abc", "a_b", "-ab", "a..b", "192.168.0.1", "a".repeat(64)])
      expect(isBucketName(name)).toBe(false);
  });
});

describe("canonical ids", () => {
  it("have 64 characters, and no two users have the same", () => {
    const names = ["a", "b", "a".repeat(19), "a".repeat(20), "a".repeat(63), "a".repeat(64)];
    const ids = names.map(canonicalId);
    expect(new Set(ids).size).toBe(names.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("ranges", () => {
  it.each([
    ["bytes=0-3", { start: 0, end: 3 }],
    ["bytes=4-", { start: 4, end: 9 }],
    ["bytes=-3", { start: 7, end: 9 }],
    ["bytes=-99", { start: 0, end: 9 }],
    ["bytes=5-99", { start: 5, end: 9 }],
    ["bytes=0-1,3-4", undefined],
    ["bytes=5-2", undefined],
    ["items=1-2", undefined],
    [undefined, undefined],
  ])("%s", (header, range) => expect(parseRange(header, 10)).toEqual(range));

  it.each(["bytes=10-", "bytes=-0", "bytes=99-100"])("%s cannot be satisfied", (header) => {
    expect(() => parseRange(header, 10)).toThrow(expect.objectContaining({ code: "InvalidRange" }));
  });
});

describe("XML", () => {
  it("reads elements, entities, CDATA and namespaces, and keeps spaces in text", () => {
    const root = parseXml(
      '<?xml version="1.0"?><!-- x --><s3:Delete xmlns:s3="u"><Object><Key> a&amp;&#x1F600;<![CDATA[<b>]]> </Key></Object></s3:Delete>',
    );
    expect(root.name).toBe("Delete");
    expect(root.children[0]?.children[0]?.text).toBe(" a&😀<b> ");
  });

  it.each([
    ["a DTD", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ["an unknown entity", "<a>&b;</a>"],
    ["an entity named like a property of every object", "<a>&constructor;</a>"],
    ["a bare ampersand", "<a>b & c</a>"],
    ["an open element", "<a><b></a>"],
    ["two roots", "<a/><b/>"],
    ["text beside the root", "<a/>b"],
    ["nothing", ""],
    ["seventeen levels", `${"<a>".repeat(18)}${"</a>".repeat(18)}`],
    ["a surrogate by number", "<a>&#xD800;</a>"],
    ["a character XML does not have", "<a>\u0010</a>"],
    ["one by number", "<a>&#x10;</a>"],
    ["the one that ends strings, by number", "<a>&#0;</a>"],
    ["a number beyond Unicode", "<a>&#x110000;</a>"],
    ["a character that is none", "<a>\uffff</a>"],
    ["one of them in CDATA", "<a><![CDATA[\u0001]]></a>"],
  ])("%s is refused", (_, source) => {
    expect(() => parseXml(source)).toThrow(expect.objectContaining({ code: "MalformedXML" }));
  });

  it("text survives writing and reading", () => {
    const text = "<&>\"' \t\r\n\u007f\u0085 ü😀\ufffd";
    expect(parseXml(`<a>${escapeXml(text)}</a>`).text).toBe(text);
  });
});

describe("upload forms", () => {
  const boundary = "----x";
  const part = (disposition: string, body: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${body}\r\n`;
  const file = Buffer.from(`\r\n--${boundary}but not quite\r\n--\r\n`.repeat(20));
  const form = Buffer.concat([
    Buffer.from(part('name="key"', "ü/$" + "{filename}") + part('name="Policy"', "p")),
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a \\"b\\".jpg"\r\nContent-Type: image/jpeg\r\n\r\n`,
    ),
    Buffer.from("0123456789"),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);

  it.each([1, 2, 5, 64, 10_000])("is read arriving %d bytes at a time", async (size) => {
    const read = await readForm(chunksOf(form, size), boundary);
    expect(Object.fromEntries(read.fields)).toEqual({ key: "ü/$" + "{filename}", policy: "p" });
    expect(read.filename).toBe('a "b".jpg');
    expect((await collect(read.chunks)).toString()).toBe("0123456789");
  });

  it("bytes that look like a boundary and are none stay in the file", async () => {
    const tricky = Buffer.from(file.toString().replaceAll(`--${boundary}`, `--${boundary.slice(0, -1)}y`));
    const body = Buffer.concat([
      Buffer.from(part('name="file"; filename="f"', "").slice(0, -2)),
      tricky,
      Buffer.from(`\r\n--${boundary}--`),
    ]);
    for (const size of [1, 3, 1000]) {
      const read = await readForm(chunksOf(body, size), boundary);
      expect((await collect(read.chunks)).equals(tricky)).toBe(true);
    }
  });

  it.each([
    [
      "a field given twice",
      part('name="key"', "a") + part('name="KEY"', "b") + part('name="file"', "x"),
      "InvalidArgument",
    ],
    ["no file", `${part('name="key"', "a")}--${boundary}--`, "IncorrectNumberOfFilesInPostRequest"],
    ["fields of 21,000 bytes", part('name="a"', "x".repeat(21_000)), "MaxPostPreDataLengthExceededError"],
    ["a part without name", part("filename=x", "a"), "MalformedPOSTRequest"],
    ["an end in the middle", part('name="key"', "a").slice(0, -5), "MalformedPOSTRequest"],
    ["no boundary at all", "hello", "MalformedPOSTRequest"],
  ])("%s is refused", async (_, body, code) => {
    await expect(readForm(chunksOf(Buffer.from(body), 1000), boundary)).rejects.toMatchObject({ code });
  });

  it("the boundary may be quoted, and must be there", () => {
    expect(formBoundary('multipart/form-data; charset=utf-8; boundary="a b"')).toBe("a b");
    expect(() => formBoundary("multipart/form-data")).toThrow();
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sentinelSearch, sizeSentinel, timeTexts } from "@/tests/support/sentinels";

const secret = "Größe & „Riff“ 07.jpg";
const time = new Date("2019-07-03T04:05:06.789Z");
const find = sentinelSearch([
  { name: "path", texts: [secret] },
  { name: "time", texts: timeTexts(time) },
  sizeSentinel("size", 98_765_432_109),
]);

describe("the search for what must not be told", () => {
  const bytes = fc.uint8Array({ maxLength: 9 });
  const around = (inner: string | Uint8Array, before: Uint8Array, after: Uint8Array) =>
    Buffer.concat([before, Buffer.from(inner), after]);

  it.each<[string, (text: Uint8Array) => string]>([
    ["plain", (text) => Buffer.from(text).toString("latin1")],
    ["base64", (text) => Buffer.from(text).toString("base64")],
    ["base64url", (text) => Buffer.from(text).toString("base64url")],
    ["hex", (text) => Buffer.from(text).toString("hex")],
  ])("finds a text in %s, whatever is around it", (name, encode) => {
    fc.assert(
      fc.property(bytes, bytes, (before, after) => {
        const whole = around(secret, before, after);
        expect(find(name === "plain" ? whole : encode(whole))).toEqual(["path"]);
      }),
    );
  });

  it.each([
    encodeURIComponent(secret),
    encodeURIComponent(encodeURIComponent(secret)),
    `filename*=UTF-8''${encodeURIComponent(secret)}`,
    JSON.stringify({ path: secret }),
    JSON.stringify(JSON.stringify({ path: secret })),
    `"Gr\\u00f6\\u00dfe & \\u201eRiff\\u201c 07.jpg"`,
    `alt="Größe &#38; „Riff“ 07.jpg"`,
    `alt="Größe &amp; „Riff“ 07.jpg"`,
    Buffer.from(JSON.stringify([1, secret])).toString("base64url"),
  ])("finds it in %s", (text) => {
    expect(find(`<a>${text}</a>`)).toEqual(["path"]);
  });

  it("finds an instant and a number, also in an unsealed cursor", () => {
    const cursor = Buffer.from(JSON.stringify([time.getTime(), "x"])).toString("base64url");
    for (const text of [
      cursor,
      time.toISOString(),
      "2019:07:03 04:05:06",
      "Wed, 03 Jul 2019 04:05:06 GMT",
      "3 Jul 2019, 04:05",
    ])
      expect(find(text), text).toEqual(["time"]);
    for (const text of ["98,765,432,109 bytes", "98.8 GB", '{"sizeBytes":98765432109}'])
      expect(find(text), text).toEqual(["size"]);
    expect(find("2019-07-03T00:00:00.000Z")).toEqual([]);
  });

  it("refuses to search for a text that would be found by chance", () => {
    expect(() => sentinelSearch([{ name: "size", texts: ["1234567"] }])).toThrow(RangeError);
  });
});

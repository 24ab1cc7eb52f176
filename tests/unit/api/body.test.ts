import { expect, it } from "vitest";
import { maxBodyBytes, readBody } from "@/lib/api/body";

const url = "http://localhost/api/v1/x";
const json = { "content-type": "application/json" };
const read = (body: BodyInit, headers: Record<string, string> = json) =>
  readBody(new Request(url, { method: "POST", headers, body, duplex: "half" } as RequestInit));

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

it("is parsed where it is JSON, and undefined where there is none", async () => {
  expect(await read('{"a":[1]}')).toEqual({ a: [1] });
  expect(await read('{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\"{{{"}')).toEqual({
    a: '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["{{{',
  });
  expect(await read("1", { "content-type": "Application/JSON; charset=utf-8" })).toBe(1);
  expect(await readBody(new Request(url, { method: "POST" }))).toBeUndefined();
});

it.each([
  ["that is no JSON", "{", "MALFORMED"],
  ["nested too deep", nested(21), "MALFORMED"],
  ["of a million levels, without a crash", nested(1_000_000), "MALFORMED"],
  ["that is not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "MALFORMED"],
  ["larger than the limit", JSON.stringify("x".repeat(maxBodyBytes)), "TOO_LARGE"],
])("%s is refused", async (_, body, code) => {
  await expect(read(body)).rejects.toMatchObject({ code });
});

it("is looked at once, character by character, however its quotes are escaped", async () => {
  // A pattern that begins anew at each quote would need hours for these.
  for (const text of [`"${'\\"'.repeat(1_500_000)}`, '"'.repeat(3_000_001), `${'"\\'.repeat(1_000_000)}`])
    await expect(read(text)).rejects.toMatchObject({ code: "MALFORMED" });
  const escaped = JSON.stringify({ a: '\\"'.repeat(300_000) });
  expect(await read(escaped)).toEqual(JSON.parse(escaped));
});

it("of another type is refused, so that no form of another site is taken for it", async () => {
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
    await expect(read("{}", { "content-type": type })).rejects.toMatchObject({ code: "MEDIA_TYPE" });
});

it("without a length is read no further than the limit", async () => {
  let pulled = 0;
  const chunk = new TextEncoder().encode(" ".repeat(64 * 1024));
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += chunk.byteLength;
      controller.enqueue(chunk);
    },
  });
  await expect(read(endless)).rejects.toMatchObject({ code: "TOO_LARGE" });
  expect(pulled).toBeLessThan(2 * maxBodyBytes);
});

import { describe, expect, it } from "vitest";
import { authenticate } from "@/lib/embedded/s3/auth/authenticate";
import { UserDirectory } from "@/lib/embedded/s3/auth/users";
import { decodeAwsChunked } from "@/lib/embedded/s3/body/chunked";
import { runningChecksum } from "@/lib/embedded/s3/hashing/checksum";
import { chunksOf, collect, incoming } from "./request";

// The uploads in chunks AWS publishes: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and
// sigv4-streaming-trailers.html
const users = new UserDirectory([
  { name: "example", accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
]);
const settings = { region: "us-east-1", users };
const content = Buffer.alloc(66_560, "a");

function put(headers: Record<string, string>, signedHeaders: string, seedSignature: string) {
  return incoming("PUT", "/examplebucket/chunkObject.txt", {
    host: "s3.amazonaws.com",
    "content-encoding": "aws-chunked",
    "x-amz-date": "20130524T000000Z",
    "x-amz-decoded-content-length": String(content.length),
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signedHeaders},Signature=${seedSignature}`,
  });
}

/** The body with its three chunks of 64 KiB, 1 KiB and nothing, up to what follows the last one's head. */
function chunks(signatures: readonly [string, string, string]): string {
  const [first, second, last] = signatures;
  const chunk = (size: number, signature: string) =>
    `${size.toString(16)};chunk-signature=${signature}\r\n${"a".repeat(size)}\r\n`;
  return `${chunk(65_536, first)}${chunk(1024, second)}0;chunk-signature=${last}\r\n`;
}

const plain = {
  name: "the chunked upload",
  request: put(
    { "content-length": "66824", "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" },
    "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  ),
  hasTrailer: false,
  body: Buffer.from(
    `${chunks([
      "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
      "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
      "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ])}\r\n`,
  ),
};

const trailing = {
  name: "the chunked upload with a trailer",
  request: put(
    {
      "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
      "x-amz-trailer": "x-amz-checksum-crc32c",
    },
    "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
  ),
  hasTrailer: true,
  body: Buffer.from(
    `${chunks([
      "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
      "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
      "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ])}x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n`,
  ),
};

async function decode({ request, hasTrailer }: typeof plain, body: Buffer, size = 4096) {
  const { chunkSeed } = authenticate(request, settings);
  const trailers = new Map<string, string>();
  return { decoded: await collect(decodeAwsChunked(chunksOf(body, size), chunkSeed, hasTrailer, trailers)), trailers };
}

/** The body with one byte changed, `offset` bytes behind the first occurrence of `mark`. */
function changed(body: Buffer, mark: string, offset: number): Buffer {
  const copy = Buffer.from(body);
  const at = copy.indexOf(mark) + offset;
  copy.writeUInt8(copy.readUInt8(at) === 0x30 ? 0x31 : 0x30, at);
  return copy;
}

describe.each([plain, trailing])("$name AWS publishes", (example) => {
  it.each([1, 7, 1000, 70_000])("is decoded, arriving %d bytes at a time", async (size) => {
    const { decoded } = await decode(example, example.body, size);
    expect(decoded.equals(content)).toBe(true);
  });

  it("is refused once its seed signature is another", () => {
    const authorization = example.request.header("authorization")?.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const header = (name: string) => (name === "authorization" ? authorization : example.request.header(name));
    expect(() => authenticate({ ...example.request, header }, settings)).toThrow(
      expect.objectContaining({ code: "SignatureDoesNotMatch" }),
    );
  });

  it.each([
    ["the signature of the first chunk", "10000;chunk-signature=", 30],
    ["the first chunk", "10000;chunk-signature=", 1000],
    ["the signature of the second chunk", "\r\n400;chunk-signature=", 30],
    ["the second chunk", "\r\n400;chunk-signature=", 200],
    ["the signature of the last chunk", "\r\n0;chunk-signature=", 30],
  ])("is refused once %s is another", async (_what, mark, offset) => {
    const refused = decode(example, changed(example.body, mark, offset));
    await expect(refused).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
  });

  it("is refused without its last chunk and with bytes behind it", async () => {
    const cut = example.body.subarray(0, example.body.indexOf("\r\n0;") + 2);
    await expect(decode(example, cut)).rejects.toMatchObject({ code: "IncompleteBody" });
    const longer = Buffer.concat([example.body, Buffer.from("more")]);
    await expect(decode(example, longer)).rejects.toMatchObject({ code: "InvalidRequest" });
  });
});

describe("the trailer AWS publishes", () => {
  it("carries the content's CRC32C", async () => {
    const { trailers } = await decode(trailing, trailing.body);
    const running = runningChecksum("CRC32C");
    running.update(content);
    expect(trailers.get("x-amz-checksum-crc32c")).toBe(running.digest());
  });

  it.each([
    ["its value", "x-amz-checksum-crc32c:", 23],
    ["its signature", "x-amz-trailer-signature:", 30],
  ])("is refused once %s is another", async (_what, mark, offset) => {
    const refused = decode(trailing, changed(trailing.body, mark, offset));
    await expect(refused).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
  });

  it("is refused without its signature", async () => {
    const unsigned = trailing.body.subarray(0, trailing.body.indexOf("x-amz-trailer-signature:"));
    const refused = decode(trailing, Buffer.concat([unsigned, Buffer.from("\r\n")]));
    await expect(refused).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
  });
});

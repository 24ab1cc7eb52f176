import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { putSignedChunks, signedRaw, signRequest } from "../conformance/signed-request";
import { type RawAnswer, s3Client, sendForm } from "../harness";

const noise = randomBytes(4 * 1024 * 1024);

/** What is there before the disk is full. */
export interface Prepared {
  readonly endpoint: string;
  /** An upload of `plain/upload` with one part. */
  readonly uploadId: string;
  readonly partEtag: string;
}

/** Makes buckets, two objects and an upload, all that the requests below are about. */
export async function prepare(endpoint: string): Promise<Prepared> {
  for (const bucket of ["plain", "versioned"]) await expectOk(signedRaw("PUT", `${endpoint}/${bucket}`));
  await expectOk(enableVersioning(endpoint));
  for (const bucket of ["plain", "versioned"]) {
    await expectOk(signedRaw("PUT", `${endpoint}/${bucket}/small`, { body: noise.subarray(0, 5_000) }));
    await expectOk(signedRaw("PUT", `${endpoint}/${bucket}/large`, { body: noise }));
  }
  const created = await expectOk(signedRaw("POST", `${endpoint}/plain/upload?uploads=`));
  const uploadId = /<UploadId>([^<]*)/.exec(created.text)?.[1] ?? "";
  const url = `${endpoint}/plain/upload?partNumber=1&uploadId=${uploadId}`;
  const part = await expectOk(signedRaw("PUT", url, { body: noise.subarray(0, 100_000) }));
  return { endpoint, uploadId, partEtag: part.headers.etag ?? "" };
}

async function expectOk(sent: Promise<RawAnswer>): Promise<RawAnswer> {
  const answer = await sent;
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer;
}

const enableVersioning = (endpoint: string) =>
  signedRaw("PUT", `${endpoint}/versioned?versioning=`, {
    body: "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
  });

/** Everything a client can send that makes the store grow. The upload is completed last. */
export const ways: Record<string, (prepared: Prepared) => Promise<RawAnswer>> = {
  "a small PUT": ({ endpoint }) => signedRaw("PUT", `${endpoint}/plain/new-small`, { body: noise.subarray(0, 100) }),
  "an empty PUT": ({ endpoint }) => signedRaw("PUT", `${endpoint}/versioned/new-empty`, { body: "" }),
  "a large PUT": ({ endpoint }) => signedRaw("PUT", `${endpoint}/plain/new-large`, { body: noise }),
  "a PUT in chunks": ({ endpoint }) => putSignedChunks(`${endpoint}/plain/new-chunks`, { pieces: [noise] }),
  "a PUT without a declared length": ({ endpoint }) => putWithoutLength(`${endpoint}/plain/new-stream`, noise),
  "a form": async ({ endpoint }) => {
    const client = s3Client(endpoint, {});
    const { url, fields } = await createPresignedPost(client, { Bucket: "plain", Key: "new-form", Expires: 60 });
    client.destroy();
    return sendForm(url, fields, { bytes: noise.subarray(0, 1_000_000) });
  },
  "a copy of a small object": ({ endpoint }) => copy(`${endpoint}/plain/new-copy`, "plain/small"),
  "a copy of a large object": ({ endpoint }) => copy(`${endpoint}/versioned/small`, "plain/large"),
  "tags of an object": ({ endpoint }) =>
    signedRaw("PUT", `${endpoint}/plain/small?tagging=`, {
      body: "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    }),
  "the beginning of an upload": ({ endpoint }) => signedRaw("POST", `${endpoint}/plain/new-upload?uploads=`),
  "a part": ({ endpoint, uploadId }) =>
    signedRaw("PUT", `${endpoint}/plain/upload?partNumber=2&uploadId=${uploadId}`, { body: noise }),
  "a part that is a copy": ({ endpoint, uploadId }) =>
    copy(`${endpoint}/plain/upload?partNumber=3&uploadId=${uploadId}`, "plain/large"),
  "versioning of a bucket": ({ endpoint }) => enableVersioning(endpoint),
  "CORS rules of a bucket": ({ endpoint }) => {
    const rule = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
    const body = `<CORSConfiguration><CORSRule>${rule}</CORSRule></CORSConfiguration>`;
    return signedRaw("PUT", `${endpoint}/plain?cors=`, { body });
  },
  "ownership of a bucket": ({ endpoint }) =>
    signedRaw("PUT", `${endpoint}/plain?ownershipControls=`, {
      body: "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>",
    }),
  "a bucket": ({ endpoint }) => signedRaw("PUT", `${endpoint}/new-bucket`),
  "the completion of an upload": ({ endpoint, uploadId, partEtag }) => {
    const part = `<Part><PartNumber>1</PartNumber><ETag>${partEtag}</ETag></Part>`;
    const body = `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`;
    return signedRaw("POST", `${endpoint}/plain/upload?uploadId=${uploadId}`, { body });
  },
};

function copy(url: string, source: string): Promise<RawAnswer> {
  return signedRaw("PUT", url, { headers: { "x-amz-copy-source": source } });
}

/** Without Content-Length: HTTP's chunks around S3's, with the length declared beside them. */
export function putWithoutLength(url: string, bytes: Buffer): Promise<RawAnswer> {
  const { headers } = signRequest({
    method: "PUT",
    url,
    payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    headers: { "content-encoding": "aws-chunked", "x-amz-decoded-content-length": String(bytes.length) },
  });
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: "PUT", headers: { ...headers, "transfer-encoding": "chunked" } });
    request.on("error", reject).on("response", async (answer) => {
      const text = (await answer.setEncoding("utf8").toArray()).join("");
      const code = /<Code>([^<]*)/.exec(text)?.[1];
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, code });
    });
    request.write(`${bytes.length.toString(16)}\r\n`);
    request.write(bytes);
    request.end("\r\n0\r\n\r\n");
  });
}

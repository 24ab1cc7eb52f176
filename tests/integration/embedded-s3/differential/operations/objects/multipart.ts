import type { RawAnswer } from "../../../harness";
import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const fiveMegabytes = Buffer.alloc(5 * 1024 * 1024, "part");
const create = async (s3: TestBucket, key = "big", headers: Record<string, string> = {}) => {
  const answer = await must(s3.post(key, { query: { uploads: "" }, headers }));
  return /<UploadId>([^<]+)/.exec(answer.text)?.[1] ?? "";
};
const uploadPart = (s3: TestBucket, uploadId: string, partNumber: number, body: Buffer | string) =>
  s3.put("big", { query: { partNumber: String(partNumber), uploadId }, body });
const etagOf = (answer: RawAnswer) => answer.headers.etag ?? "";
const part = (number: number, etag: string) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`;
const complete = (s3: TestBucket, uploadId: string, parts: string, headers: Record<string, string> = {}) =>
  s3.post("big", {
    query: { uploadId },
    headers,
    body: `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`,
  });

const begun = async (s3: TestBucket) => ({ uploadId: await create(s3) });
const neverWas = "2~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

export const parts = operations(begun, {
  "beginning an upload": (s3) => s3.post("other", { query: { uploads: "" } }),
  "PUT of a part": (s3, { uploadId }) => uploadPart(s3, uploadId, 1, "small"),
  "PUT of part 0": (s3, { uploadId }) => uploadPart(s3, uploadId, 0, "small"),
  "PUT of part 10,001": (s3, { uploadId }) => uploadPart(s3, uploadId, 10_001, "small"),
  "PUT of a part with a wrong Content-MD5": (s3, { uploadId }) =>
    s3.put("big", {
      query: { partNumber: "1", uploadId },
      body: "x",
      headers: { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==" },
    }),
  "PUT of a part of an upload that never was": (s3) => uploadPart(s3, neverWas, 1, "small"),
  "list of parts": async (s3, { uploadId }) => {
    await must(uploadPart(s3, uploadId, 2, "two"));
    await must(uploadPart(s3, uploadId, 1, "one"));
    return s3.get("big", { query: { uploadId } });
  },
  "first page of parts": async (s3, { uploadId }) => {
    for (const number of [1, 2, 3]) await must(uploadPart(s3, uploadId, number, `part ${number}`));
    return s3.get("big", { query: { uploadId, "max-parts": "2" } });
  },
  "second page of parts": async (s3, { uploadId }) => {
    for (const number of [1, 2, 3]) await must(uploadPart(s3, uploadId, number, `part ${number}`));
    return s3.get("big", { query: { uploadId, "max-parts": "2", "part-number-marker": "2" } });
  },
  "list of no parts": (s3, { uploadId }) => s3.get("big", { query: { uploadId } }),
  "list of parts of an upload that never was": (s3) => s3.get("big", { query: { uploadId: neverWas } }),
  "list of uploads": async (s3) => {
    await create(s3, "another/upload");
    return s3.get("", { query: { uploads: "" } });
  },
  "list of uploads below a prefix": async (s3) => {
    await create(s3, "another/upload");
    return s3.get("", { query: { uploads: "", prefix: "another/" } });
  },
  "first page of uploads": async (s3) => {
    await create(s3, "another/upload");
    return s3.get("", { query: { uploads: "", "max-uploads": "1" } });
  },
  "aborting an upload": (s3, { uploadId }) => s3.delete("big", { query: { uploadId } }),
  "list of parts after aborting": async (s3, { uploadId }) => {
    await must(s3.delete("big", { query: { uploadId } }));
    return s3.get("big", { query: { uploadId } });
  },
  "aborting an upload that never was": (s3) => s3.delete("big", { query: { uploadId: neverWas } }),
  "GET of what is not complete": async (s3, { uploadId }) => {
    await must(uploadPart(s3, uploadId, 1, "one"));
    return s3.get("big");
  },
});

export const partCopies = operations(
  async (s3: TestBucket) => {
    await must(s3.put("source", { body: "0123456789" }));
    return create(s3);
  },
  {
    "copy of a part": (s3, uploadId) =>
      s3.put("big", {
        query: { partNumber: "1", uploadId },
        headers: { "x-amz-copy-source": `/${s3.name}/source`, "x-amz-copy-source-range": "bytes=2-5" },
      }),
    "copy of a part behind the end": (s3, uploadId) =>
      s3.put("big", {
        query: { partNumber: "1", uploadId },
        headers: { "x-amz-copy-source": `/${s3.name}/source`, "x-amz-copy-source-range": "bytes=2-10" },
      }),
    "copy of a part by a range that is none": (s3, uploadId) =>
      s3.put("big", {
        query: { partNumber: "1", uploadId },
        headers: { "x-amz-copy-source": `/${s3.name}/source`, "x-amz-copy-source-range": "bytes=-5" },
      }),
    "copy of a missing part": (s3, uploadId) =>
      s3.put("big", {
        query: { partNumber: "1", uploadId },
        headers: { "x-amz-copy-source": `/${s3.name}/missing` },
      }),
    "GET of what was copied in a part": async (s3, uploadId) => {
      const headers = { "x-amz-copy-source": `/${s3.name}/source`, "x-amz-copy-source-range": "bytes=2-5" };
      const copied = await must(s3.put("big", { query: { partNumber: "1", uploadId }, headers }));
      const etag = /<ETag>(?:&quot;)?([0-9a-f]+)/.exec(copied.text)?.[1] ?? "";
      await must(complete(s3, uploadId, part(1, etag)));
      return s3.get("big");
    },
  },
);

const uploaded = async (s3: TestBucket) => {
  const uploadId = await create(s3, "big", { "content-type": "video/mp4", "x-amz-meta-camera": "one" });
  const first = etagOf(await must(uploadPart(s3, uploadId, 1, fiveMegabytes)));
  const second = etagOf(await must(uploadPart(s3, uploadId, 2, "the end")));
  return { uploadId, first, second };
};

export const completion = operations(uploaded, {
  "completing an upload": (s3, { uploadId, first, second }) => complete(s3, uploadId, part(1, first) + part(2, second)),
  "completing with ETags without quotes": (s3, { uploadId, first, second }) =>
    complete(s3, uploadId, (part(1, first) + part(2, second)).replaceAll('"', "")),
  "HEAD of a completed upload": async (s3, { uploadId, first, second }) => {
    await must(complete(s3, uploadId, part(1, first) + part(2, second)));
    return s3.head("big");
  },
  "GET across two parts": async (s3, { uploadId, first, second }) => {
    await must(complete(s3, uploadId, part(1, first) + part(2, second)));
    return s3.get("big", { headers: { range: `bytes=${fiveMegabytes.length - 2}-${fiveMegabytes.length + 2}` } });
  },
  "GET of a part": async (s3, { uploadId, first, second }) => {
    await must(complete(s3, uploadId, part(1, first) + part(2, second)));
    return s3.get("big", { query: { partNumber: "2" } });
  },
  "list of a completed upload": async (s3, { uploadId, first, second }) => {
    await must(complete(s3, uploadId, part(1, first) + part(2, second)));
    return s3.get("", { query: { "list-type": "2" } });
  },
  "completing with the last part alone": (s3, { uploadId, second }) => complete(s3, uploadId, part(2, second)),
  "completing in the wrong order": (s3, { uploadId, first, second }) =>
    complete(s3, uploadId, part(2, second) + part(1, first)),
  "completing with another ETag": (s3, { uploadId, first }) => complete(s3, uploadId, part(1, first) + part(2, first)),
  "completing with a part that was not sent": (s3, { uploadId, first, second }) =>
    complete(s3, uploadId, part(1, first) + part(3, second)),
  "completing with a small part before the last": async (s3, { uploadId, second }) => {
    const small = etagOf(await must(uploadPart(s3, uploadId, 1, "small")));
    return complete(s3, uploadId, part(1, small) + part(2, second));
  },
  "completing with no parts": (s3, { uploadId }) => complete(s3, uploadId, ""),
  "completing with what is no XML": (s3, { uploadId }) => s3.post("big", { query: { uploadId }, body: "<Complete" }),
  "completing an upload that never was": (s3, { first }) => complete(s3, neverWas, part(1, first)),
  "aborting a completed upload": async (s3, { uploadId, first, second }) => {
    await must(complete(s3, uploadId, part(1, first) + part(2, second)));
    return s3.delete("big", { query: { uploadId } });
  },
  "list of uploads after completing": async (s3, { uploadId, first, second }) => {
    await must(complete(s3, uploadId, part(1, first) + part(2, second)));
    return s3.get("", { query: { uploads: "" } });
  },
});

import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const digits = (s3: TestBucket) => must(s3.put("digits", { body: "0123456789" }));
const range = (value: string) => ({ headers: { range: value } });

export const ranges = operations(digits, {
  "GET of the first bytes": (s3) => s3.get("digits", range("bytes=0-3")),
  "GET of one byte": (s3) => s3.get("digits", range("bytes=4-4")),
  "GET from the middle on": (s3) => s3.get("digits", range("bytes=6-")),
  "GET of the last bytes": (s3) => s3.get("digits", range("bytes=-3")),
  "GET of more last bytes than there are": (s3) => s3.get("digits", range("bytes=-50")),
  "GET of a range beyond the end": (s3) => s3.get("digits", range("bytes=8-50")),
  "GET of a range behind the end": (s3) => s3.get("digits", range("bytes=10-20")),
  "GET of no last bytes": (s3) => s3.get("digits", range("bytes=-0")),
  "GET of a range that ends before it begins": (s3) => s3.get("digits", range("bytes=5-2")),
  "GET of two ranges": (s3) => s3.get("digits", range("bytes=0-1,4-5")),
  "GET of a range in another unit": (s3) => s3.get("digits", range("lines=0-1")),
  "GET of a range that is none": (s3) => s3.get("digits", range("bytes=a-b")),
  "HEAD of a range": (s3) => s3.head("digits", range("bytes=2-5")),
  "HEAD of a range behind the end": (s3) => s3.head("digits", range("bytes=10-20")),
  "GET of a range of nothing": async (s3) => {
    await must(s3.put("empty"));
    return s3.get("empty", range("bytes=0-0"));
  },
});

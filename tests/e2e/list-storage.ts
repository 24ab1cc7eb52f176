import { ListMultipartUploadsCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { readRunning } from "@/lib/cli/start/data-dir";

/** What the storage of the tested site holds under a prefix, as the storage itself says: multiparts, then versions, by key. */
export async function heldUnder(prefix: string): Promise<{ multiparts: string[]; objects: string[] }> {
  const env = readRunning(process.env.ATOLL_DATA_DIR ?? "");
  if (!env) throw new Error("the site does not run on the tests' data dir");
  const { S3_ENDPOINT = "", S3_BUCKET = "atoll-media", AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = env;
  const client = new S3Client({
    endpoint: S3_ENDPOINT,
    region: env.S3_REGION ?? "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  });
  try {
    const under = { Bucket: S3_BUCKET, Prefix: prefix };
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(under));
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand(under));
    return {
      multiparts: Uploads.map(({ Key = "" }) => Key),
      objects: [...Versions, ...DeleteMarkers].map(({ Key = "" }) => Key),
    };
  } finally {
    client.destroy();
  }
}

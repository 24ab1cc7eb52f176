import { ListMultipartUploadsCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { readRunning } from "@/lib/cli/start/data-dir";

/** Lists the keys under a prefix of the tested site's storage: those of multipart uploads and those of versions. */
export async function listStorage(prefix: string): Promise<{ multiparts: string[]; objects: string[] }> {
  const env = readRunning(process.env.ATOLL_DATA_DIR ?? "");
  if (!env) throw new Error("the site does not run in the tests' data folder");
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

import * as sdk from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { describe, expect, it } from "vitest";
import type { TestBucket } from "../conformance/fixture";
import { refusal, sendForm } from "../harness";
import { type Scene, startScene } from "./fixture";
import type { EventRecord } from "./receiver";
import { configure, filter, makeTopic } from "./topics";

const hello = "5d41402abc4b2a76b9719d911017c592";

/** The first of what came, once as much came; and that nothing more did, as what is written last comes last. */
async function received({ media, receiver }: Scene, count: number): Promise<EventRecord[]> {
  await media.put("last", "x");
  await expect.poll(() => receiver.keys.includes("last")).toBe(true);
  expect(receiver.taken.map(({ eventName }) => eventName)).toHaveLength(count + 1);
  return receiver.taken.slice(0, count);
}

const shown = ({ eventName, s3 }: EventRecord) => [eventName, s3.object.key, s3.object.versionId];

async function multipart(media: TestBucket, Key: string): Promise<sdk.CompleteMultipartUploadCommandOutput> {
  const { UploadId } = await media.send(sdk.CreateMultipartUploadCommand, { Key });
  const { ETag } = await media.send(sdk.UploadPartCommand, { Key, UploadId, PartNumber: 1, Body: "hello" });
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await media.send(sdk.CompleteMultipartUploadCommand, { Key, UploadId, MultipartUpload });
  return media.send(sdk.CompleteMultipartUploadCommand, { Key, UploadId, MultipartUpload }); // makes nothing again
}

describe("an event", () => {
  it("has S3's structure", async () => {
    const scene = await startScene();
    const before = Date.now();
    const { $metadata } = await scene.media.put("red flower/ü+(1).jpg", "hello");
    const [record] = await received(scene, 1);
    expect(record).toEqual({
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: "us-east-1",
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      eventName: "ObjectCreated:Put",
      userIdentity: { principalId: expect.stringMatching(/^AWS:AIDA[A-Z2-7]{17}$/) },
      requestParameters: { sourceIPAddress: "127.0.0.1" },
      responseElements: { "x-amz-request-id": $metadata.requestId, "x-amz-id-2": $metadata.extendedRequestId },
      s3: {
        s3SchemaVersion: "1.0",
        configurationId: "all",
        bucket: {
          name: "media",
          ownerIdentity: { principalId: (await scene.store.s3.send(new sdk.ListBucketsCommand({}))).Owner?.ID },
          arn: "arn:aws:s3:::media",
        },
        object: {
          key: "red+flower/%C3%BC%2B%281%29.jpg",
          size: 5,
          eTag: hello,
          sequencer: expect.stringMatching(/^[0-9A-F]{16}$/),
        },
      },
    });
    const at = Date.parse(record?.eventTime ?? "");
    expect(at >= before && at <= Date.now()).toBe(true);
    expect(scene.receiver.contentTypes[0]).toBe("application/json");
  });

  it("is published for every way to create an object", async () => {
    const scene = await startScene();
    const { media } = scene;
    await media.put("put", "hello");
    await media.send(sdk.CopyObjectCommand, { Key: "copy", CopySource: "media/put" });
    await multipart(media, "parts");
    const { url, fields } = await createPresignedPost(media.store.s3, { Bucket: media.name, Key: "form" });
    expect((await sendForm(url, fields, { bytes: Buffer.from("hello") })).status).toBe(204);
    const records = await received(scene, 4);
    expect(records.map(({ eventName, s3 }) => [eventName, s3.object.key, s3.object.size, s3.object.eTag])).toEqual([
      ["ObjectCreated:Put", "put", 5, hello],
      ["ObjectCreated:Copy", "copy", 5, hello],
      ["ObjectCreated:CompleteMultipartUpload", "parts", 5, expect.stringMatching(/^[0-9a-f]{32}-1$/)],
      ["ObjectCreated:Post", "form", 5, hello],
    ]);
  });

  it("is published for tags and for deletions without versions, and not for writes that change nothing", async () => {
    const scene = await startScene();
    const { media } = scene;
    for (const Key of ["a", "b", "c"]) await media.put(Key, "hello", { Tagging: "in=put" });
    await media.send(sdk.PutObjectTaggingCommand, { Key: "a", Tagging: { TagSet: [{ Key: "k", Value: "v" }] } });
    await media.send(sdk.DeleteObjectTaggingCommand, { Key: "a" });
    await media.send(sdk.DeleteObjectCommand, { Key: "a" });
    await media.send(sdk.DeleteObjectCommand, { Key: "a" });
    await media.send(sdk.DeleteObjectCommand, { Key: "b", VersionId: "null" });
    await media.send(sdk.DeleteObjectsCommand, { Delete: { Objects: [{ Key: "c" }, { Key: "never" }] } });
    expect(await refusal(media.put("b", "hello", { IfMatch: '"other"' }))).toMatch(/^4/);
    const records = await received(scene, 8);
    expect(records.slice(3).map(shown)).toEqual([
      ["ObjectTagging:Put", "a", undefined],
      ["ObjectTagging:Delete", "a", undefined],
      ["ObjectRemoved:Delete", "a", undefined],
      ["ObjectRemoved:Delete", "b", undefined],
      ["ObjectRemoved:Delete", "c", undefined],
    ]);
    expect(records[3]).toMatchObject({ eventVersion: "2.3", s3: { object: { eTag: hello } } });
    expect(records[3]?.s3.object.sequencer).toBeUndefined();
    expect(records[5]?.s3.object).toEqual({ key: "a", sequencer: expect.any(String) });
  });

  it("names the version, and distinguishes delete markers from deletions", async () => {
    const scene = await startScene();
    const { media } = scene;
    await media.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Enabled" } });
    const { VersionId: first } = await media.put("k", "hello");
    const { VersionId: marker } = await media.send(sdk.DeleteObjectCommand, { Key: "k" });
    const { Deleted } = await media.send(sdk.DeleteObjectsCommand, { Delete: { Objects: [{ Key: "k" }] } });
    await media.send(sdk.DeleteObjectCommand, { Key: "k", VersionId: marker });
    await media.send(sdk.DeleteObjectsCommand, { Delete: { Objects: [{ Key: "k", VersionId: first }] } });
    await media.send(sdk.DeleteObjectCommand, { Key: "k", VersionId: first });
    await media.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Suspended" } });
    await media.put("k", "hello");
    expect((await received(scene, 6)).map(shown)).toEqual([
      ["ObjectCreated:Put", "k", first],
      ["ObjectRemoved:DeleteMarkerCreated", "k", marker],
      ["ObjectRemoved:DeleteMarkerCreated", "k", Deleted?.[0]?.DeleteMarkerVersionId],
      ["ObjectRemoved:Delete", "k", marker],
      ["ObjectRemoved:Delete", "k", first],
      ["ObjectCreated:Put", "k", "null"],
    ]);
  });

  it("goes where the filters say, in the order of the writes", async () => {
    const scene = await startScene();
    const { media, receiver, store } = scene;
    const images = await makeTopic(store.endpoint, "images", receiver.url);
    const put: sdk.Event[] = ["s3:ObjectCreated:Put"];
    await configure(media, [
      { Id: "jpg", TopicArn: images, Events: put, Filter: filter({ prefix: "images/", suffix: ".jpg" }) },
      { Id: "png", TopicArn: scene.topic, Events: put, Filter: filter({ suffix: ".png" }) },
      { Id: "last", TopicArn: scene.topic, Events: put, Filter: filter({ prefix: "last", suffix: "last" }) },
    ]);
    const keys = ["images/1.jpg", "images/1.png", "other/1.jpg", "images/1.jpg.txt", "images/.jpg", "2.png"];
    for (const key of keys) await media.put(key, "x");
    await media.send(sdk.CopyObjectCommand, { Key: "images/copy.jpg", CopySource: "media/2.png" });
    await media.send(sdk.DeleteObjectCommand, { Key: "images/1.jpg" });
    await expect.poll(() => receiver.taken.filter(({ s3 }) => s3.configurationId === "jpg")).toHaveLength(2);
    const records = await received(scene, 4);
    const of = (id: string) => records.filter(({ s3 }) => s3.configurationId === id).map(({ s3 }) => s3.object.key);
    expect([of("jpg"), of("png")]).toEqual([
      ["images/1.jpg", "images/.jpg"],
      ["images/1.png", "2.png"],
    ]);
  });

  it("is not published after the configuration was removed", async () => {
    const scene = await startScene();
    const { media, topic } = scene;
    await configure(media, []);
    await media.put("untold", "x");
    await configure(media, [{ TopicArn: topic, Events: ["s3:ObjectCreated:*"] }]);
    expect((await received(scene, 0)).map(shown)).toEqual([]);
  });

  it("comes in the order in which a key was written, by its sequencer", async () => {
    const scene = await startScene();
    const { media } = scene;
    const bodies = Array.from({ length: 100 }, (_, i) => "x".repeat(i + 1));
    await media.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Enabled" } });
    const written = await Promise.all(bodies.map((body) => media.put("k", body)));
    const records = await received(scene, 100);
    const sequencers = records.map(({ s3 }) => s3.object.sequencer ?? "");
    expect(sequencers).toEqual([...new Set(sequencers)].sort());
    // Version ids begin with the order of the versions.
    const ids = records.map(({ s3 }) => s3.object.versionId ?? "");
    expect(ids).toEqual([...ids].sort());
    for (const { s3 } of records) expect(s3.object.versionId).toBe(written[(s3.object.size ?? 0) - 1]?.VersionId);
  });
});

import * as sdk from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { aged } from "../lifecycle/lifecycle-bucket";
import { type Scene, startScene } from "./fixture";
import type { EventRecord } from "./receiver";
import { configure } from "./topics";

async function expiring(prefix: string): Promise<Scene> {
  const scene = await startScene();
  const { media, topic } = scene;
  await configure(media, [{ Id: "lifecycle", TopicArn: topic, Events: ["s3:LifecycleExpiration:*"] }]);
  const rule = { ID: "old", Status: "Enabled", Filter: { Prefix: prefix } } as const;
  const actions = { Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } };
  const LifecycleConfiguration = { Rules: [{ ...rule, ...actions }] };
  await media.send(sdk.PutBucketLifecycleConfigurationCommand, { LifecycleConfiguration });
  return scene;
}

const shown = ({ eventName, s3 }: EventRecord) => [eventName, s3.object.key, s3.object.versionId];

it("publishes the expiration of an object, with S3 as its cause", async () => {
  const { store, media, receiver } = await expiring("old/");
  await media.put("old/a", "x");
  await media.put("young", "x");
  await store.runLifecycle(aged(1));
  await expect.poll(() => receiver.taken.length).toBe(1);
  expect(receiver.taken[0]).toMatchObject({
    eventVersion: "2.3",
    eventName: "LifecycleExpiration:Delete",
    userIdentity: { principalId: "s3.amazonaws.com" },
    requestParameters: { sourceIPAddress: "s3.amazonaws.com" },
    s3: { configurationId: "lifecycle", object: { key: "old/a" } },
  });
});

it("distinguishes delete markers from deleted versions", async () => {
  const { store, media, receiver } = await expiring("");
  await media.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Enabled" } });
  const { VersionId: replaced } = await media.put("a", "1");
  await media.put("a", "2");
  await store.runLifecycle(aged(1));
  await expect.poll(() => receiver.taken.length).toBe(2);
  const { DeleteMarkers } = await media.send(sdk.ListObjectVersionsCommand, {});
  expect(receiver.taken.map(shown)).toEqual([
    ["LifecycleExpiration:Delete", "a", replaced],
    ["LifecycleExpiration:DeleteMarkerCreated", "a", DeleteMarkers?.[0]?.VersionId],
  ]);
});

import * as sdk from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestBucket } from "../conformance/fixture";
import { signedRaw } from "../conformance/signed-request";
import { guest, refusal, startStore, type TestStore } from "../harness";
import { configure, filter } from "./topics";

const arn = (name: string) => `arn:aws:sns:us-east-1:000000000000:${name}`;
const foreign = "arn:aws:sns:us-east-1:123456789012:probe";
const topics = ["one", "two"].map((name) => ({ name, endpoint: "http://127.0.0.1:9/" }));
const warnings: object[] = [];
const logger = { info: () => {}, warn: (fields: object) => warnings.push(fields), error: () => {} };

let store: TestStore;
let media: TestBucket;
beforeAll(async () => {
  store = await startStore(undefined, { topics, logger });
  media = new TestBucket(store, "media");
  await media.send(sdk.CreateBucketCommand, {});
});
afterAll(() => store.stop());

const got = async () => {
  const { $metadata, ...configuration } = await media.send(sdk.GetBucketNotificationConfigurationCommand, {});
  return configuration;
};
const put = (body: string) => signedRaw("PUT", media.url("", "notification="), { body });
const document = (...configurations: string[]) =>
  `<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${configurations.join("")}</NotificationConfiguration>`;
const topic = (inner: string) => `<TopicConfiguration>${inner}</TopicConfiguration>`;
const created = "<Event>s3:ObjectCreated:*</Event>";
const one = `<Topic>${arn("one")}</Topic>${created}`;

describe("the configuration of a bucket's notifications", () => {
  it("is empty at first, given back as it was put, replaced as a whole and removed by an empty one", async () => {
    expect(await got()).toEqual({});
    const first: sdk.TopicConfiguration[] = [
      {
        Id: "images & more",
        TopicArn: arn("one"),
        Events: ["s3:ObjectCreated:Put", "s3:ObjectRemoved:*"],
        Filter: filter({ prefix: "images/ü &", suffix: ".jpg" }),
      },
      { Id: "logs", TopicArn: arn("two"), Events: ["s3:ObjectCreated:*"], Filter: filter({ prefix: "logs/" }) },
    ];
    await configure(media, first);
    expect(await got()).toEqual({ TopicConfigurations: first });
    await configure(media, [{ TopicArn: arn("two"), Events: ["s3:ObjectTagging:*"] }]);
    const { TopicConfigurations: second = [] } = await got();
    expect(second).toEqual([{ Id: expect.any(String), TopicArn: arn("two"), Events: ["s3:ObjectTagging:*"] }]);
    expect(second[0]?.Id).not.toBe("");
    await media.send(sdk.PutBucketNotificationConfigurationCommand, { NotificationConfiguration: {} });
    expect(await got()).toEqual({});
  });

  it("outlives a restart", async () => {
    await configure(media, [{ Id: "kept", TopicArn: arn("one"), Events: ["s3:ObjectCreated:*"] }]);
    await store.stopKeeping();
    store = await startStore(store.dataDir, { topics, logger });
    media = new TestBucket(store, "media");
    expect((await got()).TopicConfigurations).toMatchObject([{ Id: "kept" }]);
  });

  it("may name a topic of another account, which is said in the log", async () => {
    warnings.length = 0;
    await configure(media, [{ Id: "n", TopicArn: foreign, Events: ["s3:ObjectCreated:*"] }]);
    expect((await got()).TopicConfigurations).toMatchObject([{ TopicArn: foreign }]);
    expect(warnings).toEqual([{ bucket: "media", topic: foreign }]);
  });

  it("must name topics that there are, unless the client wants no check", async () => {
    const gone: sdk.TopicConfiguration[] = [
      { TopicArn: arn("gone"), Events: ["s3:ObjectCreated:*"] },
      { TopicArn: arn("one"), Events: ["s3:ObjectRemoved:*"] },
    ];
    const answer = await put(
      document(topic(`<Topic>${arn("gone")}</Topic>${created}`), topic(one.replace("Created", "Removed"))),
    );
    expect(answer).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(answer.text).toContain("<Message>Unable to validate the following destination configurations</Message>");
    expect(answer.text).toContain(`<ArgumentName1>${arn("gone")}</ArgumentName1>`);
    expect(answer.text).not.toContain(arn("one"));
    await media.send(sdk.PutBucketNotificationConfigurationCommand, {
      NotificationConfiguration: { TopicConfigurations: gone },
      SkipDestinationValidation: true,
    });
    expect((await got()).TopicConfigurations).toHaveLength(2);
  });
});

describe("a configuration is refused", () => {
  const invalid = "400 InvalidArgument";
  const malformed = "400 MalformedXML";
  const events = (...names: string[]) => names.map((name) => `<Event>s3:${name}</Event>`).join("");
  const rule = (name: string, value: string) => `<FilterRule><Name>${name}</Name><Value>${value}</Value></FilterRule>`;
  const filtered = (...rules: string[]) => `<Filter><S3Key>${rules.join("")}</S3Key></Filter>`;
  const to = (name: string, inner: string) => topic(`<Topic>${arn(name)}</Topic>${inner}`);

  it.each<[string, string, string]>([
    ["that is no XML", "<NotificationConfiguration>", malformed],
    ["of another kind", "<CORSConfiguration/>", malformed],
    ["with an unknown element", document("<Topic/>"), malformed],
    ["with an unknown element in a topic's", document(topic(`${one}<Note/>`)), malformed],
    ["without a topic", document(topic(created)), malformed],
    ["with two topics in one", document(topic(`${one}<Topic>${arn("two")}</Topic>`)), malformed],
    ["without an event", document(topic(`<Topic>${arn("one")}</Topic>`)), malformed],
    ["for a queue", document(`<QueueConfiguration>${created}</QueueConfiguration>`), "501 NotImplemented"],
    ["for a function", document(topic(one), "<CloudFunctionConfiguration/>"), "501 NotImplemented"],
    ["for the event bus", document("<EventBridgeConfiguration/>"), "501 NotImplemented"],
    ["with an unknown event", document(to("one", events("ObjectEaten:*"))), invalid],
    ["with an event without s3:", document(to("one", "<Event>ObjectCreated:Put</Event>")), invalid],
    [
      "with an event of AWS's that the store does not publish",
      document(to("one", events("ObjectRestore:Post"))),
      invalid,
    ],
    ["with an ARN that is none", document(topic(`<Topic>one</Topic>${created}`)), invalid],
    ["with a FIFO topic", document(topic(`<Topic>${arn("one.fifo")}</Topic>${created}`)), invalid],
    ["with an id of 256 characters", document(topic(`<Id>${"i".repeat(256)}</Id>${one}`)), invalid],
    [
      "with an id twice",
      document(topic(`<Id>1</Id>${one}`), topic(`<Id>1</Id><Topic>${arn("two")}</Topic>${events("ObjectRemoved:*")}`)),
      invalid,
    ],
    ["with 101 topics'", document(...Array<string>(101).fill(topic(one))), invalid],
    ["with a filter by something else", document(topic(one + filtered(rule("infix", "x")))), invalid],
    ["with two prefixes", document(topic(one + filtered(rule("prefix", "a"), rule("Prefix", "b")))), invalid],
    ["with a prefix of 1,025 bytes", document(topic(one + filtered(rule("prefix", "p".repeat(1025))))), invalid],
    ["with a filter of another kind", document(topic(`${one}<Filter><S3Tags/></Filter>`)), malformed],
    [
      "with a filter rule without a value",
      document(topic(one + filtered(rule("prefix", "").replace(/<V.*e>(?=<)/, "")))),
      malformed,
    ],
    ["that overlaps for all keys", document(to("one", created), to("two", events("ObjectCreated:Put"))), invalid],
    [
      "that overlaps with a prefix",
      document(to("one", created), to("two", created + filtered(rule("prefix", "a")))),
      invalid,
    ],
    [
      "with overlapping suffixes",
      document(
        to("one", created + filtered(rule("suffix", "jpg"))),
        to("two", created + filtered(rule("suffix", "pg"))),
      ),
      invalid,
    ],
    [
      "with a prefix that overlaps with a suffix",
      document(to("one", created + filtered(rule("prefix", "a"))), to("two", created + filtered(rule("suffix", "b")))),
      invalid,
    ],
  ])("%s", async (_, body, expected) => {
    const before = await got();
    const answer = await put(body);
    expect(`${answer.status} ${answer.code}`).toBe(expected);
    expect(await got()).toEqual(before);
  });

  it("not when the filters of an event exclude each other", async () => {
    const answers = [
      document(
        to("one", created + filtered(rule("prefix", "a/"))),
        to("two", created + filtered(rule("prefix", "b/"))),
      ),
      document(
        to("one", created + filtered(rule("prefix", "a"), rule("suffix", ".jpg"))),
        to("two", created + filtered(rule("Prefix", "a"), rule("Suffix", ".png"))),
      ),
      document(to("one", created), to("two", events("ObjectRemoved:Delete", "ObjectTagging:Put"))),
    ].map(put);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

describe("who may read and change it", () => {
  const ask = (client?: sdk.S3Client) =>
    Promise.all([
      refusal(configure(media, [], client)),
      refusal(media.send(sdk.GetBucketNotificationConfigurationCommand, {}, client)),
    ]);

  it("is the owner of the bucket, and whom its policy names", async () => {
    const otherUser = store.client({ credentials: guest });
    const unsigned = await signedRaw("GET", media.url("", "notification="), {
      signer: { ...guest, accessKeyId: "NOKEY" },
    });
    expect(unsigned.status).toBe(403);
    expect(await ask(otherUser)).toEqual(["403 AccessDenied", "403 AccessDenied"]);
    const allow = (Action: string) => ({
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::000000000000:user/guest" },
      Action,
      Resource: "arn:aws:s3:::media",
    });
    const policy = (...actions: string[]) =>
      media.send(sdk.PutBucketPolicyCommand, { Policy: JSON.stringify({ Statement: actions.map(allow) }) });
    await policy("s3:GetBucketNotification");
    expect(await ask(otherUser)).toEqual(["403 AccessDenied", "accepted"]);
    await policy("s3:GetBucketNotification", "s3:PutBucketNotification");
    expect(await ask(otherUser)).toEqual(["accepted", "accepted"]);
    await media.send(sdk.DeleteBucketPolicyCommand, {});
    expect(await ask()).toEqual(["accepted", "accepted"]);
    otherUser.destroy();
  });

  it("is a 404 for a missing bucket", async () => {
    const none = new TestBucket(store, "none");
    expect(await refusal(none.send(sdk.GetBucketNotificationConfigurationCommand, {}))).toBe("404 NoSuchBucket");
    expect(await refusal(configure(none, []))).toBe("404 NoSuchBucket");
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { S3Error } from "@/lib/embedded/s3/protocol/errors";
import { startS3 } from "@/lib/embedded/s3/server";
import { guest, root, startStore, type TestStore } from "../harness";
import { credentials, field, outcome, type QueryOptions } from "../sessions/query";
import { attribute, makeTopic, sns } from "./topics";

const arn = (name: string, account = "000000000000") => `arn:aws:sns:us-east-1:${account}:${name}`;
const url = "https://hooks.test/in?token=1";
const topics = [
  { name: "configured", endpoint: url },
  { name: arn("elsewhere", "123456789012"), endpoint: url },
];

let store: TestStore;
beforeAll(async () => {
  store = await startStore(undefined, { topics });
});
afterAll(() => store.stop());

const ask = (action: string, parameters: Record<string, string> = {}, options?: QueryOptions) =>
  sns(store.endpoint, action, parameters, options);
const create = (Name: string, more: Record<string, string> = attribute("push-endpoint", url)) =>
  ask("CreateTopic", { Name, ...more });
const listed = (text: string) => [...text.matchAll(/<TopicArn>([^<]*)/g)].map(([, found]) => found);

describe("topics", () => {
  it("are made, described, listed and deleted", async () => {
    const made = await create("Media-1_a");
    expect(made.text).toContain('<CreateTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">');
    expect(field(made, "TopicArn")).toBe(arn("Media-1_a"));
    const { text } = await ask("GetTopicAttributes", { TopicArn: arn("Media-1_a") });
    expect(text).toContain(`<entry><key>TopicArn</key><value>${arn("Media-1_a")}</value></entry>`);
    expect(text).toContain(`<entry><key>push-endpoint</key><value>${url}</value></entry>`);
    expect(text).toContain("<entry><key>pending-events</key><value>0</value></entry>");
    const members = [arn("Media-1_a"), arn("configured"), arn("elsewhere", "123456789012")];
    expect(listed((await ask("ListTopics")).text)).toEqual(members);
    const deleted = await ask("DeleteTopic", { TopicArn: arn("Media-1_a") });
    expect(deleted.text).toMatch(/^<DeleteTopicResponse [^>]+><ResponseMetadata>/);
    expect(outcome(await ask("GetTopicAttributes", { TopicArn: arn("Media-1_a") }))).toBe("404 NotFound");
    expect(listed((await ask("ListTopics")).text)).toEqual(members.slice(1));
    expect(outcome(await ask("DeleteTopic", { TopicArn: arn("Media-1_a") }))).toBe("200");
  });

  it("are what they were when made again, but for a new endpoint", async () => {
    await makeTopic(store.endpoint, "again", url);
    expect([outcome(await create("again")), field(await create("again", {}), "TopicArn")]).toEqual([
      "200",
      arn("again"),
    ]);
    await makeTopic(store.endpoint, "again", "http://127.0.0.1:9/");
    await store.stopKeeping();
    store = await startStore(store.dataDir, { topics });
    const { text } = await ask("GetTopicAttributes", { TopicArn: arn("again") });
    expect(text).toContain("<key>push-endpoint</key><value>http://127.0.0.1:9/</value>");
  });

  it("are listed by the hundred", async () => {
    const names = Array.from({ length: 101 }, (_, i) => `many-${String(i).padStart(3, "0")}`);
    await Promise.all(names.map((name) => makeTopic(store.endpoint, name, url)));
    const first = await ask("ListTopics");
    const rest = await ask("ListTopics", { NextToken: field(first, "NextToken") ?? "" });
    const all = [...listed(first.text), ...listed(rest.text)];
    expect([listed(first.text).length, field(rest, "NextToken")]).toEqual([100, undefined]);
    expect(all).toEqual(expect.arrayContaining(names.map((name) => arn(name))));
    expect(new Set(all).size).toBe(all.length);
  });

  it("of the configuration cannot be changed", async () => {
    const TopicArn = arn("configured");
    expect(outcome(await create("configured"))).toBe("200");
    expect(outcome(await create("configured", attribute("push-endpoint", "http://127.0.0.1:9/")))).toBe(
      "400 InvalidParameter",
    );
    expect(outcome(await ask("DeleteTopic", { TopicArn }))).toBe("400 InvalidParameter");
    expect((await ask("GetTopicAttributes", { TopicArn })).text).toContain(`<value>${url}</value>`);
  });

  it.each<[string, string, Record<string, string>, string]>([
    ["no name", "CreateTopic", attribute("push-endpoint", url), "400 ValidationError"],
    [
      "a name with a dot",
      "CreateTopic",
      { Name: "a.fifo", ...attribute("push-endpoint", url) },
      "400 InvalidParameter",
    ],
    [
      "257 characters",
      "CreateTopic",
      { Name: "a".repeat(257), ...attribute("push-endpoint", url) },
      "400 InvalidParameter",
    ],
    ["no endpoint", "CreateTopic", { Name: "bare" }, "400 InvalidParameter"],
    [
      "an endpoint that is none",
      "CreateTopic",
      { Name: "bare", ...attribute("push-endpoint", "hooks") },
      "400 InvalidParameter",
    ],
    [
      "another protocol",
      "CreateTopic",
      { Name: "bare", ...attribute("push-endpoint", "kafka://b") },
      "400 InvalidParameter",
    ],
    [
      "a password",
      "CreateTopic",
      { Name: "bare", ...attribute("push-endpoint", "http://a:b@c/") },
      "400 InvalidParameter",
    ],
    ["another attribute", "CreateTopic", { Name: "bare", ...attribute("FifoTopic", "true") }, "400 InvalidParameter"],
    [
      "a key without a value",
      "CreateTopic",
      { Name: "bare", "Attributes.entry.1.key": "push-endpoint" },
      "400 ValidationError",
    ],
    [
      "an entry 2 without a 1",
      "CreateTopic",
      { Name: "bare", "Attributes.entry.2.key": "a", "Attributes.entry.2.value": "b" },
      "400 ValidationError",
    ],
    [
      "tags",
      "CreateTopic",
      { Name: "bare", "Tags.member.1.Key": "a", "Tags.member.1.Value": "b" },
      "501 NotImplemented",
    ],
    ["an ARN that is none", "GetTopicAttributes", { TopicArn: "media" }, "400 InvalidParameter"],
    ["an action that is not here", "Subscribe", { TopicArn: arn("configured") }, "400 InvalidAction"],
  ])("are refused with %s", async (_, action, parameters, expected) => {
    expect(outcome(await ask(action, parameters))).toBe(expected);
  });

  it("are for root alone, with its own key", async () => {
    const session = await credentials(store.endpoint, { Action: "GetSessionToken" });
    const requests: [string, Record<string, string>][] = [
      ["CreateTopic", { Name: "mine", ...attribute("push-endpoint", url) }],
      ["DeleteTopic", { TopicArn: arn("again") }],
      ["GetTopicAttributes", { TopicArn: arn("again") }],
      ["ListTopics", {}],
    ];
    for (const [action, parameters] of requests) {
      for (const as of [guest, session])
        expect(outcome(await ask(action, parameters, { as })), action).toBe("403 AuthorizationError");
    }
    expect(outcome(await ask("ListTopics", {}, { service: "iam" }))).toBe("400 IncompleteSignature");
    expect(outcome(await ask("GetTopicAttributes", { TopicArn: arn("again") }))).toBe("200");
  });
});

describe("configured topics", () => {
  it.each<[string, unknown[], RegExp]>([
    ["no name", [{ endpoint: url }], /Topic 1 .*needs a name/],
    ["a name with a space", [{ name: "a b", endpoint: url }], /Topic 1 .*needs a name/],
    ["nothing", [null], /Topic 1 .*needs a name/],
    ["no endpoint", [{ name: "a" }], /Topic a .*needs an endpoint/],
    ["another protocol", [{ name: "a", endpoint: "amqp://b" }], /Topic a .*needs an endpoint/],
    ["an unknown field", [{ name: "a", endpoint: url, ack: true }], /unknown field ack/],
    ["one twice", [topics[0], { name: arn("configured"), endpoint: url }], /two topics/],
  ])("are refused with %s", async (_, malformed, message) => {
    const started = startS3({ dataDir: store.dataDir, users: [root], topics: malformed as typeof topics });
    await expect(started).rejects.toThrow(message);
    await expect(started).rejects.not.toBeInstanceOf(S3Error);
  });
});

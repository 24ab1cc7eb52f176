import { randomBytes, randomUUID } from "node:crypto";
import http from "node:http";
import { describe, expect, it } from "vitest";
import { FaultProxy } from "@/tests/support/fault-proxy";
import { type FaultKind, Faults, faultKinds } from "@/tests/support/fault-proxy/faults";
import type { Subject } from "@/tests/support/fault-proxy/subject";
import { postFile } from "@/tests/support/fixtures/collections";
import { testBucket } from "@/tests/support/services/services";
import { md5, mib, origin, throughProxy } from "./through-proxy";

const bucket = await testBucket();
const { proxy, policyFor, etagOf, put } = await throughProxy(bucket);

/** Everything of one kind, or a tenth of every kind. */
const always = (...kinds: FaultKind[]) => ({ seed: 1, share: 1, kinds });

describe("each kind of trouble", () => {
  const answers = [
    { kind: "error500", status: 500, code: "InternalError" },
    { kind: "slowDown", status: 503, code: "SlowDown" },
    { kind: "expired", status: 403, code: "AccessDenied" },
  ] as const;
  for (const { kind, status, code } of answers) {
    it(`${kind} answers ${status} in S3's words, to other origins too, and the store hears nothing`, async () => {
      const key = `trouble/${kind}`;
      proxy.follow(always(kind));
      // A part: what a presigned URL is for. Nothing else that is put expires.
      const url = `${proxy.endpoint}/${bucket.bucket}/${key}?partNumber=1&uploadId=none`;
      const response = await fetch(url, { method: "PUT", body: randomBytes(500_000), headers: { origin } });
      expect(response.status).toBe(status);
      expect(await response.text()).toContain(`<Code>${code}</Code>`);
      expect(response.headers.get("access-control-allow-origin")).toBe(origin);
      expect(proxy.tally.bytesOf(key)).toBe(0);
    });
  }

  it("slowDown names a time to wait in some of its answers", async () => {
    proxy.follow(always("slowDown"));
    const waits = [];
    for (let index = 0; index < 20; index += 1) {
      const response = await fetch(`${proxy.endpoint}/${bucket.bucket}/wait/${index}`, { method: "PUT", body: "x" });
      waits.push(response.headers.get("retry-after"));
    }
    expect(new Set(waits)).toEqual(new Set([null, "1"]));
  });

  it("error200 answers forms and completions so, and nothing else", async () => {
    proxy.follow(always("error200"));
    const response = await postFile(await policyFor("late/"), "late/a", "text");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("<Error>");
    expect(await etagOf("late/a")).toBeUndefined();
    await put("late/b", Buffer.from("text"));
    expect(await etagOf("late/b")).toBe(md5(Buffer.from("text")));
  });

  it("reset breaks the connection before the store hears of it", async () => {
    proxy.follow(always("reset"));
    await expect(put("trouble/reset", randomBytes(100_000))).rejects.toThrow();
    expect(await etagOf("trouble/reset")).toBeUndefined();
  });

  it("forwardedReset breaks it when the store has done its work", async () => {
    proxy.follow(always("forwardedReset"));
    const body = randomBytes(100_000);
    await expect(put("trouble/done", body)).rejects.toThrow();
    expect(await etagOf("trouble/done")).toBe(md5(body));
  });

  it("stall holds a request until the proxy lets go", async () => {
    proxy.follow(always("stall"));
    let isSettled = false;
    const sent = put("trouble/stall", randomBytes(5 * mib)).finally(() => {
      isSettled = true;
    });
    sent.catch(() => undefined);
    await expect.poll(() => proxy.tally.faults.stall).toBe(1);
    expect(isSettled).toBe(false);
    proxy.release();
    await expect(sent).rejects.toThrow();
    expect(await etagOf("trouble/stall")).toBeUndefined();
  });
});

describe("a plan", () => {
  /** Unsigned, so that whatever is passed on is a 403 of the store. */
  const ask = async () => (await fetch(`${proxy.endpoint}/${bucket.bucket}/plan`, { method: "PUT", body: "x" })).status;

  const subject = (index: number, id: string = randomUUID()): Subject => ({
    operation: "post",
    key: `media/${id}/${id}/IMG_${index}.jpg`,
    part: 0,
  });
  const kindsOf = (seed: number, order: readonly number[]) => {
    const faults = new Faults({ seed });
    const kinds: (FaultKind | null)[] = [];
    for (const index of order) kinds[index] = faults.next(subject(index))?.kind ?? null;
    return kinds;
  };

  it("hits a tenth of the requests, the same ones for the same seed in whatever order and under whatever ids", () => {
    const forwards = Array.from({ length: 5_000 }, (_, index) => index);
    const first = kindsOf(7, forwards);
    expect(kindsOf(7, forwards.toReversed())).toEqual(first);
    expect(kindsOf(8, forwards)).not.toEqual(first);
    const hit = first.filter((kind) => kind !== null);
    expect(hit.length).toBeGreaterThan(400);
    expect(hit.length).toBeLessThan(600);
    expect(new Set(hit)).toEqual(new Set(faultKinds));
  });

  it("decides anew for each try", async () => {
    proxy.follow({ seed: 3, share: 0.5, kinds: ["error500"] });
    const tries = [];
    for (let index = 0; index < 20; index += 1) tries.push(await ask());
    expect(new Set(tries)).toEqual(new Set([500, 403]));
  });

  it("spares preflights and what `applies` spares", async () => {
    proxy.follow({ ...always(...faultKinds), applies: ({ operation }) => operation === "complete" });
    expect(await ask()).toBe(403);
    proxy.follow(always("error500"));
    const asks = { origin, "access-control-request-method": "PUT" };
    expect((await fetch(`${proxy.endpoint}/${bucket.bucket}/x`, { method: "OPTIONS", headers: asks })).status).toBe(
      200,
    );
  });
});

describe("distance and outages", () => {
  it("adds a round trip to a request, and another one to a new connection", async () => {
    const waits: number[] = [];
    const wait = async (ms: number) => void waits.push(ms);
    const far = await FaultProxy.start({ target: bucket.endpoint, latencyMs: 100, wait });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () =>
      new Promise<void>((resolve, reject) => {
        const req = http.request(`${far.endpoint}/${bucket.bucket}/far`, { agent }, (res) => {
          res.resume().once("end", resolve);
        });
        req.once("error", reject).end();
      });
    for (const _ of [1, 2]) await ask();
    agent.destroy();
    await far.stop();
    // The handshake and half a round trip there, half of one back; the second request has no handshake.
    expect(waits).toEqual([150, 50, 50, 50]);
  });

  it("refuses connections while it is away, and comes back on its port", async () => {
    const { endpoint } = proxy;
    await proxy.goAway();
    await expect(put("away/a", Buffer.from("text"))).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await proxy.comeBack();
    expect(proxy.endpoint).toBe(endpoint);
    await put("away/a", Buffer.from("text"));
    expect(await etagOf("away/a")).toBe(md5(Buffer.from("text")));
  });
});

import { afterEach, describe, expect, it, vi } from "vitest";
import { siteServer } from "@/components/upload/server-port";
import { announcement, formatDuration, headline, progressText, waitingText } from "@/components/upload/upload-text";
import { failure } from "@/lib/upload/client/failures";
import { problemsOf } from "@/lib/upload/client/problems";
import { newFile, openedOf, policyOf, statusOf, uploadId, World } from "./world";

afterEach(() => vi.unstubAllGlobals());

function answering(response: () => Response) {
  const calls: [path: string, init: RequestInit][] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    calls.push([path, init]);
    return response();
  });
  const site = siteServer("reef", async ({ collectionSlug }) =>
    collectionSlug === "reef"
      ? { ok: true, value: openedOf() }
      : { ok: false, error: { code: "NOT_FOUND", message: "no" } },
  );
  return { site, calls };
}

describe("the site as the uploader's server", () => {
  it("speaks the contract's calls", async () => {
    const { site, calls } = answering(() => Response.json(statusOf("sealed"), { status: 202 }));
    expect((await site.open({ plannedFiles: 1 })).id).toBe(uploadId);
    await site.seal(uploadId);
    await site.abort(uploadId);
    expect((await site.status(uploadId)).state).toBe("sealed");
    expect(calls.map(([path, { method, body }]) => [method, path, body])).toEqual([
      ["PATCH", `/api/v1/uploads/${uploadId}`, '{"state":"sealed"}'],
      ["PATCH", `/api/v1/uploads/${uploadId}`, '{"state":"aborted"}'],
      ["GET", `/api/v1/uploads/${uploadId}`, undefined],
    ]);
    const renewing = answering(() => Response.json(policyOf()));
    expect(await renewing.site.renewPolicy(uploadId)).toEqual(policyOf());
    expect(renewing.calls[0]?.[0]).toBe(`/api/v1/uploads/${uploadId}/policy`);
  });

  it.each([
    [401, "UNAUTHENTICATED"],
    [404, "NOT_FOUND"],
    [409, "CONFLICT"],
    [429, "RATE_LIMITED"],
    [503, "UNAVAILABLE"],
    [502, "UNAVAILABLE"],
    [400, "INVALID"],
  ])("turns a problem with status %i into %s, with its words and its patience", async (status, code) => {
    const headers = { "content-type": "application/problem+json", "retry-after": "7" };
    const { site } = answering(() => new Response('{"detail":"Said so."}', { status, headers }));
    await expect(site.seal(uploadId)).rejects.toMatchObject({ code, message: "Said so.", retryAfterSeconds: 7 });
  });

  it("does not take a page of HTML for an answer, and passes the action's error on", async () => {
    const { site } = answering(() => new Response("<html>", { headers: { "content-type": "text/html" } }));
    await expect(site.status(uploadId)).rejects.toMatchObject({ code: "INTERNAL" });
    const other = siteServer("x", async () => ({ ok: false, error: { code: "NOT_FOUND", message: "no" } }));
    await expect(other.open({})).rejects.toMatchObject({ code: "NOT_FOUND", message: "no" });
  });
});

describe("what the panel says", () => {
  it("follows the upload, and is announced in tenths", () => {
    const world = new World();
    expect(announcement(world.state)).toBe("");
    world.add(...Array.from({ length: 10 }, (_, index) => newFile(`f${index}`)), newFile("", 0, failure("bad-path")));
    expect(headline(world.state)).toBe("Starting the upload");
    world.open();
    expect(headline(world.state)).toBe("Uploading 10 files");
    const seen = new Set<string>();
    for (let posts = world.take("post"); posts.length > 0; posts = world.take("post"))
      for (const post of posts) {
        world.send({ type: "progressed", fileId: post.fileId, run: post.run, sentBytes: 51 });
        seen.add(announcement(world.state));
        world.deliver(post);
      }
    expect(seen.size).toBeLessThanOrEqual(11);
    expect(headline(world.state)).toBe("Finishing the upload");
    world.send({ type: "sealed" });
    expect(headline(world.state)).toBe("Checking 10 files");
    world.send({ type: "statusRead", status: statusOf("verified") });
    expect(announcement(world.state)).toBe("10 files uploaded and verified");
    expect(progressText(world.state)).toBe("1 KB · 1 left out");
  });

  it("says who does not answer, and that it goes on by itself", () => {
    const world = new World();
    world.add(newFile("a"), newFile("b"), newFile("c"));
    world.open();
    expect(waitingText(world.state)).toBeNull();
    for (const { fileId, run, generation } of world.take("post"))
      world.send({ type: "postFailed", fileId, run, generation, failure: { kind: "network" } });
    expect(waitingText(world.state)).toMatch(/storage does not answer .* by itself/);
    world.send({ type: "wentOffline" });
    expect(waitingText(world.state)).toMatch(/offline/);
  });

  it("gathers problems by cause", () => {
    const world = new World();
    const refused = Array.from({ length: 600 }, (_, index) => newFile(`e${index}`, 0, failure("empty")));
    world.add(...refused, newFile("ok"), newFile("x".repeat(600), 1, failure("bad-path", "Too long.")));
    expect(problemsOf(world.state.files).map(({ code, files }) => [code, files.length])).toEqual([
      ["empty", 600],
      ["bad-path", 1],
    ]);
  });

  it.each([
    [3, "a few seconds"],
    [42, "about 45 s"],
    [58, "about 1 min"],
    [3_599, "about 1 h"],
    [5_400, "about 1 h 30 min"],
  ])("%i s are %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

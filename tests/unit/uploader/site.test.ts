import { afterEach, describe, expect, it, vi } from "vitest";
import {
  announcement,
  formatDuration,
  headline,
  progressText,
  waitingText,
} from "@/components/upload/progress/upload-text";
import { type AppError, isTransient, problemType } from "@/lib/errors";
import { failure } from "@/lib/uploader/state/failures";
import { problemsOf } from "@/lib/uploader/state/problems";
import { siteServer } from "@/lib/uploader/transport/site-port";
import { newFile, openedOf, policyOf, prefix, statusOf, uploadId, World } from "./world/world";

afterEach(() => vi.unstubAllGlobals());

function answering(response: () => Response) {
  const calls: [path: string, init: RequestInit][] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    calls.push([path, init]);
    return response();
  });
  const site = siteServer("reef");
  return { site, calls };
}

describe("the site as the uploader's server", () => {
  it("makes the contract's calls", async () => {
    const opening = answering(() => Response.json(openedOf(), { status: 201 }));
    expect(await opening.site.open({ plannedFiles: 1 })).toEqual(openedOf());
    expect(opening.calls[0]).toMatchObject([
      "/api/v1/collections/reef/uploads",
      { method: "POST", body: '{"plannedFiles":1}' },
    ]);
    const { site, calls } = answering(() => Response.json(statusOf("sealed"), { status: 202 }));
    await site.seal(uploadId);
    await site.abort(uploadId);
    expect((await site.status(uploadId)).state).toBe("sealed");
    expect(calls.map(([path, { method, body }]) => [method, path, body])).toEqual([
      ["PATCH", `/api/v1/uploads/${uploadId}`, '{"state":"sealed"}'],
      ["PATCH", `/api/v1/uploads/${uploadId}`, '{"state":"aborted"}'],
      ["GET", `/api/v1/uploads/${uploadId}`, undefined],
    ]);
    const about = `/api/v1/uploads/${uploadId}`;
    const file = { path: "a", size: 1 };
    const answer = { files: [{ path: "a", status: "post" as const }] };
    const registering = answering(() => Response.json(answer));
    expect(await registering.site.files(uploadId, [file])).toEqual(answer.files);
    expect(registering.calls[0]).toMatchObject([
      `${about}/files`,
      { method: "POST", body: JSON.stringify({ files: [file] }) },
    ]);
    const fileId = uploadId;
    const urls = { urls: { 1: "http://s3.test/1" }, expiresAt: "2026-01-01T00:00:00.000Z" };
    const signing = answering(() => Response.json(urls));
    expect(await signing.site.parts(uploadId, { fileId, parts: [1] })).toEqual(urls);
    expect(signing.calls[0]?.[0]).toBe(`${about}/parts`);
    const completing = answering(() => new Response(null, { status: 204 }));
    await completing.site.complete(uploadId, { fileId, parts: [] });
    await completing.site.cancel?.(uploadId, ["a"]);
    expect(completing.calls.map(([path, { method, body }]) => [method, path, body])).toEqual([
      ["POST", `${about}/complete`, JSON.stringify({ fileId, parts: [] })],
      ["DELETE", `${about}/files`, '{"paths":["a"]}'],
    ]);
    const renewing = answering(() => Response.json(policyOf()));
    expect(await renewing.site.renewPolicy(uploadId)).toEqual(policyOf());
    expect(renewing.calls[0]?.[0]).toBe(`/api/v1/uploads/${uploadId}/policy`);
  });

  it("resumes an upload by its status and a new policy, whose key has the prefix", async () => {
    const bodies = [statusOf("open"), policyOf()];
    const { site, calls } = answering(() => Response.json(bodies.shift()));
    expect(await site.resume(uploadId)).toEqual({ status: statusOf("open"), policy: policyOf(), prefix });
    expect(calls.map(([, { method }]) => method)).toEqual(["GET", "POST"]);
  });

  it("requests no policy for an upload that is not open", async () => {
    const { site, calls } = answering(() => Response.json(statusOf("sealed")));
    expect(await site.resume(uploadId)).toMatchObject({ status: statusOf("sealed"), policy: null });
    expect(calls).toHaveLength(1);
  });

  it.each([
    [401, "UNAUTHENTICATED"],
    [404, "NOT_FOUND"],
    [409, "CONFLICT"],
    [429, "RATE_LIMITED"],
    [503, "UNAVAILABLE"],
    [502, "UNAVAILABLE"],
    [400, "MALFORMED"],
    [418, "INVALID"],
  ])("converts a problem with status %i into %s, with its message and Retry-After", async (status, code) => {
    const headers = { "content-type": "application/problem+json", "retry-after": "7" };
    const { site } = answering(() => new Response('{"detail":"Said so."}', { status, headers }));
    await expect(site.seal(uploadId)).rejects.toMatchObject({ code, message: "Said so.", retryAfterSeconds: 7 });
  });

  it("tells errors of one status apart by the problem's type: a request that is still being answered is sent again", async () => {
    const { site } = answering(() => Response.json({ type: problemType("RUNNING"), detail: "Wait." }, { status: 409 }));
    const error = await site.seal(uploadId).catch((thrown: AppError) => thrown);
    expect(error).toMatchObject({ code: "RUNNING", message: "Wait." });
    expect(isTransient("RUNNING")).toBe(true);
  });

  it("does not take a page of HTML for an answer", async () => {
    const { site } = answering(() => new Response("<html>", { headers: { "content-type": "text/html" } }));
    await expect(site.status(uploadId)).rejects.toMatchObject({ code: "INTERNAL" });
  });
});

describe("what the panel says", () => {
  it("follows the upload, and is announced in quarters", () => {
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
    expect(seen.size).toBeLessThanOrEqual(5);
    expect(headline(world.state)).toBe("Finishing the upload");
    world.send({ type: "sealed" });
    expect(headline(world.state)).toBe("Checking 10 files");
    world.send({ type: "statusRead", status: statusOf("verified") });
    expect(announcement(world.state)).toBe("10 files uploaded and verified");
    expect(progressText(world.state)).toBe("");
  });

  it("says what does not answer, and that the upload resumes", () => {
    const world = new World();
    world.add(newFile("a"), newFile("b"), newFile("c"));
    world.open();
    expect(waitingText(world.state)).toBeNull();
    for (const { fileId, run, generation } of world.take("post"))
      world.send({ type: "postFailed", fileId, run, generation, failure: { kind: "network" } });
    expect(waitingText(world.state)).toMatch(/storage does not answer .* resumes/);
    world.send({ type: "wentOffline" });
    expect(waitingText(world.state)).toMatch(/offline/);
  });

  it("gathers problems by cause", () => {
    const world = new World();
    const refused = Array.from({ length: 600 }, (_, index) => newFile(`e${index}`, 0, failure("too-large")));
    world.add(...refused, newFile("ok"), newFile("x".repeat(600), 1, failure("bad-path", "Too long.")));
    expect(problemsOf(world.state.files).map(({ code, files }) => [code, files.length])).toEqual([
      ["too-large", 600],
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

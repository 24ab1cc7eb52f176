import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Browser, expect, type Page } from "@playwright/test";
import { createCollection } from "./site";
import { signedOut, signUp, test } from "./test";

type Call = readonly [method: string, path: string, body?: object | undefined];

/** Sends a request as a script of the page would: with its session's cookie and the site's own origin. */
function ask(page: Page, [method, path, body]: Call): Promise<{ status: number; body: unknown }> {
  return page.evaluate(
    async ([how, where, what]) => {
      const init = { method: how, headers: { "content-type": "application/json" } };
      const response = await fetch(where, what === undefined ? init : { ...init, body: JSON.stringify(what) });
      const text = await response.text();
      return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
    },
    [method, path, body] as const,
  );
}

async function stranger(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext({ storageState: signedOut })).newPage();
  await signUp(page, "Stranger");
  return page;
}

const large = { path: "dive.mp4", size: 64 * 1024 * 1024 };

async function openUpload(page: Page, slug: string): Promise<{ uploads: string; upload: string; fileId: string }> {
  const uploads = `/api/v1/collections/${slug}/uploads`;
  const opened = await ask(page, ["POST", uploads, {}]);
  expect(opened.status).toBe(201);
  const upload = `/api/v1/uploads/${(opened.body as { id: string }).id}`;
  const registered = await ask(page, ["POST", `${upload}/files`, { files: [large] }]);
  expect(registered).toMatchObject({ status: 200, body: { files: [{ status: "multipart" }] } });
  const [file] = (registered.body as { files: { multipart: { fileId: string } }[] }).files;
  return { uploads, upload, fileId: file?.multipart.fileId ?? "" };
}

test("an upload is its owner's alone: every request of another person for it is 404", async ({ page, browser }) => {
  const slug = (await createCollection(page, "Mine alone")).split("/").at(-1) ?? "";
  const { uploads, upload, fileId } = await openUpload(page, slug);
  const parts = { fileId, parts: [1] };
  const calls: readonly Call[] = [
    ["GET", upload],
    ["PATCH", upload, { state: "sealed" }],
    ["PATCH", upload, { state: "aborted" }],
    ["POST", `${upload}/policy`],
    ["POST", `${upload}/files`, { files: [{ path: "a.jpg", size: 10 }] }],
    ["DELETE", `${upload}/files`, { paths: [large.path] }],
    ["DELETE", `${upload}/files/${fileId}`],
    ["POST", `${upload}/parts`, parts],
    ["POST", `${upload}/complete`, { fileId, parts: [{ n: 1, etag: "0".repeat(32) }] }],
    ["POST", `${upload}/undo`],
    ["DELETE", `${upload}/undo`],
    ["GET", `${upload}/receipt`],
    ["POST", uploads, {}],
  ];
  const other = await stranger(browser);
  for (const call of calls) {
    const name = call.slice(0, 2).join(" ");
    const foreign = await ask(other, call);
    expect(foreign.status, name).toBe(404);
    // The answer is the same as for an upload that does not exist.
    const forged = await ask(other, [call[0], call[1].replace(/[0-9a-f-]{36}/, randomUUID()), call[2]]);
    if (call[1] !== uploads) expect(foreign.body, name).toEqual(forged.body);
  }

  // A file of another person's upload is not found in an upload of one's own, either.
  const own = (await createCollection(other, "Another's")).split("/").at(-1) ?? "";
  const theirs = await openUpload(other, own);
  expect((await ask(other, ["POST", `${theirs.upload}/parts`, parts])).status).toBe(404);
  // Canceling a file that is not registered changes nothing and says nothing.
  const foreign = await ask(other, ["DELETE", `${theirs.upload}/files/${fileId}`]);
  expect(foreign).toEqual(await ask(other, ["DELETE", `${theirs.upload}/files/${randomUUID()}`]));
  expect((await ask(other, ["POST", `${theirs.upload}/parts`, { ...parts, fileId: theirs.fileId }])).status).toBe(200);

  // What is no text is nowhere, or invalid: never an error of the server.
  for (const part of ["%ff", "%ED%A0%80", "a%00b", "%"]) {
    expect((await ask(other, ["GET", `/c/${part}`])).status, part).toBe(404);
    expect((await ask(other, ["GET", `/c/${own}/${part}`])).status, part).toBe(404);
    expect((await ask(other, ["GET", `/api/v1/media/${part}`])).status, part).toBe(404);
    expect((await ask(other, ["GET", `/api/v1/collections/${own}/media?cursor=${part}`])).status, part).toBe(422);
  }
  for (const label of ["\ud800", "a\0b"])
    expect((await ask(other, ["POST", `/api/v1/collections/${own}/uploads`, { label }])).status).toBe(422);

  // None of those requests changed anything; the owner's own do.
  expect(await ask(page, ["GET", upload])).toMatchObject({ status: 200, body: { state: "open" } });
  expect((await ask(page, ["POST", `${upload}/parts`, parts])).status).toBe(200);
  expect((await ask(page, ["PATCH", upload, { state: "aborted" }])).status).toBe(202);
  await other.context().close();
});

test("every server action of the build refuses a request that no page of this site made", async ({
  request,
  baseURL,
}) => {
  const manifest = readFileSync(
    path.resolve(import.meta.dirname, "../../.next/server/server-reference-manifest.json"),
    "utf8",
  );
  const actions = Object.keys((JSON.parse(manifest) as { node: Record<string, unknown> }).node);
  expect(actions.length).toBeGreaterThan(3);
  const site = baseURL ?? "";
  const foreign: Record<string, string>[] = [
    {},
    { origin: "null" },
    { origin: site.replace("http:", "https:") },
    { origin: "https://evil.example" },
    { origin: "https://evil.example", "x-forwarded-host": "evil.example" },
    { origin: `${site}, https://evil.example`, "x-forwarded-host": new URL(site).host },
  ];
  for (const action of actions) {
    const answerTo = async (sent: Record<string, string>) => {
      const headers = { "next-action": action, "content-type": "text/plain;charset=UTF-8", ...sent };
      const answer = await request.post("/sign-up", { headers, data: "[{},{}]" });
      return { status: answer.status(), text: await answer.text() };
    };
    for (const sent of foreign) {
      const { status, text } = await answerTo(sent);
      expect({ action, sent, status, isTold: text.includes('"code":"ORIGIN"') }).toEqual({
        ...{ action, sent },
        ...{ status: 200, isTold: true },
      });
    }
    expect(await answerTo({ origin: site }), action).toMatchObject({
      status: 200,
      text: expect.not.stringContaining("ORIGIN"),
    });
  }
});

import { randomUUID } from "node:crypto";
import { type Browser, expect } from "@playwright/test";
import sharp from "sharp";
import { type Sentinel, sentinelSearch } from "@/tests/support/sentinels";
import { createCollection, note } from "../site";
import { signedOut, test } from "../test";
import { type Answer, type Subject, walk } from "./walk";
import { makeWorld, mediaCount } from "./world";

type Told = { answers: number; byName: Record<string, string[]> };

/** Walks and returns what each answer told of the sentinels; those that tell nothing are only counted. */
async function told(answers: AsyncIterable<Answer>, sentinels: Sentinel[]): Promise<Told> {
  const search = sentinelSearch(sentinels);
  const found: Told = { answers: 0, byName: {} };
  for await (const { name, headers, body } of answers) {
    found.answers += 1;
    const names = search(Buffer.concat([Buffer.from(`${headers}\n\n`), body]));
    if (names.length > 0) found.byName[name] = names;
    if (headers.includes("content-type: image/webp")) {
      const { exif, xmp, iptc } = await sharp(body).metadata();
      expect({ exif, xmp, iptc }, name).toEqual({});
    }
  }
  return found;
}

/**
 * What an answer consists of, without what differs between any two: the ids that were asked for, nonces, Next's own keys and
 * references, and the order in which parts were streamed.
 */
function essence({ name, status, headers, body }: Answer, ids: Subject): string {
  const random = /nonce[-=":\\]+[\w+/]+=*|(?<=")[\w-]{20}[vm](?=")/g;
  const text = `${name}\n${status}\n${headers}\n${body.toString().replace(/<script.*?<\/script>/gs, "")}`;
  const common = [...Object.values(ids), random].reduce<string>((left, each) => left.replaceAll(each, "…"), text);
  const parts = headers.includes("text/x-component")
    ? (common.match(/"(?!\$)(?:[^"\\]|\\.)*"/g) ?? [])
    : common.split(/[<>\n]/);
  return [...new Set(parts)].toSorted().join("\n");
}

/** Opens a gallery as a visitor, spoils the first cursor that it sends, and expects all its media. */
async function scrollWithForgedCursor(browser: Browser, address: string): Promise<void> {
  const context = await browser.newContext({ storageState: signedOut });
  const visitor = await context.newPage();
  const cursor = /(?<=cursor=)[^&]+/;
  const forge: Parameters<typeof visitor.route>[1] = (route) =>
    route.continue({ url: route.request().url().replace(cursor, "forged") });
  await visitor.route(cursor, forge, { times: 1 });
  const refused = visitor.waitForResponse(
    (response) => response.url().includes("cursor=") && response.status() === 422,
  );
  await visitor.goto(address);
  await visitor.getByRole("button", { name: "Load more" }).scrollIntoViewIfNeeded();
  await refused;
  await expect(visitor.getByRole("list", { name: "Media" }).getByRole("listitem")).toHaveCount(mediaCount);
  await context.close();
}

test("no answer to a visitor tells a path, name, title, time, size, position or person", async ({
  page,
  browser,
  session,
  baseURL,
}) => {
  const site = baseURL ?? "";
  const cookie = session.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const slug = (await createCollection(page, "Geheime Sammlung")).split("/").at(-1) ?? "";
  const world = await makeWorld(site, cookie, slug);
  const { subject, sentinels } = world;
  const all = [...sentinels.preview, ...sentinels.private];
  try {
    await test.step("private: answers as for a collection that does not exist", async () => {
      const [id, none] = [randomUUID, "there-is-no-such-collection"];
      const nothing = { slug: none, mediaId: id(), otherMediaId: id(), uploadId: id(), fileId: id() };
      const other = walk(site, nothing);
      const search = sentinelSearch(all);
      for await (const answer of walk(site, subject)) {
        const { value } = await other.next();
        // Not by toBe, which would print both pages.
        const isSame = essence(answer, subject) === essence(value as Answer, nothing);
        const isAbout = Object.values(subject).some((id) => answer.name.includes(id));
        expect(isSame || !isAbout, `${answer.name} tells whether it exists`).toBe(true);
        expect(search(Buffer.concat([Buffer.from(answer.headers), answer.body])), answer.name).toEqual([]);
      }
      expect((await other.next()).done).toBe(true);
    });

    await world.setVisibility("preview");
    const outsider = await test.step("preview", () => told(walk(site, subject), sentinels.preview));
    expect(outsider.byName).toEqual({});

    await test.step("its gallery starts again when the cursor is no longer valid", () =>
      scrollWithForgedCursor(browser, `/c/${slug}`));

    // The same walk finds each of them, where they may be.
    const owner = await test.step("as its owner", () => told(walk(site, subject, cookie), all));
    expect(new Set(Object.values(owner.byName).flat())).toEqual(new Set(all.map(({ name }) => name)));
    note("answers walked", `${outsider.answers} as a visitor, ${owner.answers} as the owner`);
  } finally {
    await world.close();
  }
});

import { expect, it } from "vitest";
import { POST as open } from "@/app/api/v1/collections/[slug]/uploads/route";
import { POST as complete } from "@/app/api/v1/uploads/[id]/complete/route";
import { POST as register } from "@/app/api/v1/uploads/[id]/files/route";
import { POST as parts } from "@/app/api/v1/uploads/[id]/parts/route";
import { POST as renew } from "@/app/api/v1/uploads/[id]/policy/route";
import { PATCH } from "@/app/api/v1/uploads/[id]/route";
import { handleAuth } from "@/lib/auth/next-auth/route";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { openUpload } from "@/lib/upload/commands";
import { disableUser, enableUser, setPassword } from "@/lib/user/commands";
import { usersAfter } from "@/lib/user/queries";
import { TestBrowser } from "../../support/browser";
import { collectionOf, person, sessionCookie, system } from "../../support/fixtures/people";
import { testBucket, testDatabase } from "../../support/services/services";

await testDatabase();
await testBucket();

const password = "three small words";

it("a disabled person's running uploads are signed nothing more, and go on when enabled and signed in", async () => {
  const who = await person("uploader", password);
  const { email } = await db().user.findUniqueOrThrow({ where: { id: who.userId } });
  const { slug } = await collectionOf(who);
  const { id } = await openUpload(who, { collectionSlug: slug });
  const file = { path: "dive.mp4", size: 64 * 1024 * 1024 };
  let cookie = "";
  const signIn = async () => {
    cookie = Object.entries(await sessionCookie(who))[0]?.join("=") ?? "";
  };
  const send = (body: unknown, method = "POST") =>
    new Request(`${env().ATOLL_URL}/api/v1/uploads`, {
      method,
      headers: { cookie, origin: env().ATOLL_URL, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const params = Promise.resolve({ id });
  await signIn();
  const registered = await register(send({ files: [file] }), { params });
  const { files } = (await registered.json()) as { files: [{ multipart: { fileId: string } }] };
  const { fileId } = files[0].multipart;
  const calls = async () => {
    const answers = await Promise.all([
      open(send({}), { params: Promise.resolve({ slug }) }),
      renew(send({}), { params }),
      register(send({ files: [{ path: "more.jpg", size: 1 }] }), { params }),
      parts(send({ fileId, parts: [1] }), { params }),
      complete(send({ fileId, parts: [{ n: 1, etag: "0".repeat(32) }] }), { params }),
      PATCH(send({ state: "sealed" }, "PATCH"), { params }),
    ]);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts.join()).not.toMatch(/X-Amz-Signature/i);
    return answers.map(({ status }) => status);
  };

  expect(await disableUser(system, email.toUpperCase())).toEqual({ hasChanged: true, endedSessions: 1 });
  expect(await disableUser(system, email)).toEqual({ hasChanged: false, endedSessions: 0 });
  expect(await calls()).toEqual(Array(6).fill(401));
  expect(await db().upload.findMany({ where: { createdById: who.userId } })).toMatchObject([{ id, state: "open" }]);
  expect((await new TestBrowser(handleAuth).signIn(email, password)).error).toBe("CredentialsSignin");

  expect(await enableUser(system, email)).toEqual({ hasChanged: true, endedSessions: 0 });
  expect(await enableUser(system, email)).toEqual({ hasChanged: false, endedSessions: 0 });
  expect(await calls()).toEqual(Array(6).fill(401));
  await signIn();
  const signed = await parts(send({ fileId, parts: [1] }), { params });
  expect(await signed.text()).toMatch(/X-Amz-Signature/);
  await stopQueue();
});

it("a dry run counts the sessions that would end, and changes nothing", async () => {
  const who = await person("dry", password);
  const { email } = await db().user.findUniqueOrThrow({ where: { id: who.userId } });
  await sessionCookie(who);
  const state = () => db().user.findUniqueOrThrow({ where: { email }, include: { sessions: true } });
  const before = await state();
  const change = { hasChanged: true, endedSessions: 1 };
  expect(await disableUser(system, email, { isDryRun: true })).toEqual(change);
  expect(await setPassword(system, { email, password: "another of them" }, { isDryRun: true })).toEqual(change);
  expect(await enableUser(system, email, { isDryRun: true })).toEqual({ hasChanged: false, endedSessions: 0 });
  expect(await state()).toEqual(before);
});

it("an address without an account is NOT_FOUND, and a weak password INVALID", async () => {
  for (const email of ["nobody@example.org", "", "x".repeat(500)]) {
    await expect(disableUser(system, email)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(enableUser(system, email)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(setPassword(system, { email, password })).rejects.toMatchObject({ code: "NOT_FOUND" });
  }
  const who = await person("weak");
  const { email } = await db().user.findUniqueOrThrow({ where: { id: who.userId } });
  await expect(setPassword(system, { email, password: "password" })).rejects.toMatchObject({ code: "INVALID" });
});

it("all accounts are listed once, a page at a time", async () => {
  const seen: string[] = [];
  for (
    let page = await usersAfter(system, "", 2);
    page.length > 0;
    page = await usersAfter(system, seen.at(-1) ?? "", 2)
  )
    seen.push(...page.map(({ email }) => email));
  const all = await db().user.findMany({ select: { email: true } });
  expect(seen.toSorted()).toEqual(all.map(({ email }) => email).toSorted());
  expect(JSON.stringify(await usersAfter(system, ""))).not.toContain("argon2");
});

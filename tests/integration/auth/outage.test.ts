import net from "node:net";
import { afterAll, expect, it } from "vitest";
import { handleAuth } from "@/lib/auth/next-auth/route";
import { signInMessage } from "@/lib/auth/policy";
import { viewerOfCookies } from "@/lib/auth/session";
import { closeDb } from "@/lib/db";
import { toAppError } from "@/lib/errors";
import { TestBrowser } from "../../support/browser";
import { person } from "../../support/fixtures/people";
import { testDatabase } from "../../support/services/services";
import { until } from "../../support/until";

// The site is behind https here, and reaches its database through a proxy that can be disconnected.
process.env.ATOLL_URL = "https://atoll.example";
const { url } = await testDatabase();
const line = await openLine(new URL(url));
process.env.DATABASE_URL = line.url;
afterAll(() => line.close());

const password = "three small words";
const sessionName = "__Host-next-auth.session-token";

async function openLine(target: URL) {
  const sockets = new Set<net.Socket>();
  const proxy = net.createServer((near) => {
    const far = net.connect(Number(target.port || 5432), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => [near, far].map((end) => end.destroy()));
    }
    near.pipe(far).pipe(near);
  });
  const listen = (port: number) => new Promise<void>((resolve) => proxy.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = proxy.address() as net.AddressInfo;
  const here = new URL(target);
  here.hostname = "127.0.0.1";
  here.port = String(port);
  const close = async () => {
    const closed = new Promise((resolve) => proxy.close(resolve));
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await closed;
  };
  return { url: here.href, cut: close, mend: () => listen(port), close: () => (proxy.listening ? close() : undefined) };
}

it("tells an outage of the database from a wrong password, and keeps the session through it", async () => {
  const { userId } = await person("patient", password);
  const email = "patient-1@example.org";
  const browser = new TestBrowser(handleAuth);
  const signedIn = await browser.signIn(email, password);
  expect(signedIn).toMatchObject({ status: 200, error: null });
  const cookie = signedIn.response.headers.getSetCookie().find((text) => text.startsWith(sessionName));
  expect(cookie).toMatch(/; Secure/);
  expect(cookie).toMatch(/; HttpOnly/);
  expect(cookie).toMatch(/; SameSite=Lax/);

  await line.cut();
  const { status, error } = await new TestBrowser(handleAuth).signIn(email, password);
  expect({ status, error }).toEqual({ status: 503, error: "UNAVAILABLE" });
  expect(signInMessage(error ?? "")).toMatch(/cannot reach its database/);
  const session = await browser.request("/api/auth/session");
  expect(session.status).toBe(503);
  expect(browser.cookies.has(sessionName)).toBe(true);
  const pending = viewerOfCookies(Object.fromEntries(browser.cookies)).catch((thrown: unknown) => toAppError(thrown));
  expect(await pending).toMatchObject({ code: "UNAVAILABLE" });

  await line.mend();
  await until(async () => {
    expect(await viewerOfCookies(Object.fromEntries(browser.cookies))).toMatchObject({ kind: "user", userId });
  });
  expect((await new TestBrowser(handleAuth).signIn(email, password)).error).toBeNull();
  await closeDb();
});

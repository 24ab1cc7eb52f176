import { NextRequest } from "next/server";
import { expect, it } from "vitest";
import { config, middleware } from "@/middleware";

const answer = (cookie: string) =>
  middleware(new NextRequest("https://atoll.example/c/reef/upload?from=mail", { headers: { cookie } }));

it.each(["next-auth.session-token=x", "__Host-next-auth.session-token=x", "__Host-next-auth.session-token.0=x"])(
  "lets %s pass: whether the session is alive is decided beside the data",
  (cookie) => {
    expect(answer(`theme=dark; ${cookie}`).headers.get("location")).toBeNull();
  },
);

it.each([
  "",
  "theme=dark",
  "__Secure-next-auth.session-token=x",
  "next-auth.callback-url=x",
  "x-next-auth.session-token=x",
])("sends a visitor with %j to sign-in, and back afterwards", (cookie) => {
  const location = answer(cookie).headers.get("location");
  expect(location).toBe("https://atoll.example/sign-in?next=%2Fc%2Freef%2Fupload%3Ffrom%3Dmail");
});

it("covers the pages that need a user", () => {
  expect(config.matcher).toEqual(["/account/:path*", "/collections/:path*", "/c/:slug/settings", "/c/:slug/upload"]);
});

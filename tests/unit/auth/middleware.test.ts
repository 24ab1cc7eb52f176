import { NextRequest } from "next/server";
import { expect, it } from "vitest";
import { middleware } from "@/middleware";

const to = (headers: Record<string, string>) =>
  middleware(new NextRequest("http://localhost:3000/account?tab=2", { headers })).headers.get("location");

it("sends visitors to sign-in, and lets actions answer for themselves", () => {
  expect(to({})).toBe("http://localhost:3000/sign-in?next=%2Faccount%3Ftab%3D2");
  // Its caller would take the page of sign-in for a site that cannot be reached.
  expect(to({ "next-action": "a".repeat(42) })).toBeNull();
  expect(to({ cookie: "next-auth.session-token=x" })).toBeNull();
  expect(to({ cookie: "__Host-next-auth.session-token.0=x" })).toBeNull();
});

import { type NextRequest, NextResponse } from "next/server";

// On https with a prefix. next-auth splits a long cookie into name.0, name.1, …
const sessionCookie = /^(__Host-)?next-auth\.session-token(\.0)?$/;

/** Redirects visitors without a session cookie to sign-in. A convenience only: queries and commands check access. */
export function middleware(request: NextRequest) {
  // An action says that the person is signed out: the page of sign-in is no answer to it.
  if (request.headers.has("next-action")) return NextResponse.next();
  if (request.cookies.getAll().some(({ name }) => sessionCookie.test(name))) return NextResponse.next();
  const { pathname, search } = request.nextUrl;
  const signIn = new URL("/sign-in", request.url);
  signIn.searchParams.set("next", pathname + search);
  return NextResponse.redirect(signIn);
}

export const config = { matcher: ["/account/:path*", "/collections/:path*", "/c/:slug/settings", "/c/:slug/upload"] };

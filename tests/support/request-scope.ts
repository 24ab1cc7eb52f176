import { workAsyncStorage } from "next/dist/server/app-render/work-async-storage.external";
import { workUnitAsyncStorage } from "next/dist/server/app-render/work-unit-async-storage.external";
import { HeadersAdapter } from "next/dist/server/web/spec-extension/adapters/headers";
import { RequestCookies } from "next/dist/server/web/spec-extension/cookies";

/** Runs a server action as Next does while it handles a request with these headers: `headers()` and `cookies()` read them. */
export function inRequest<T>(sent: Record<string, string>, run: () => Promise<T>): Promise<T> {
  const headers = HeadersAdapter.seal(new Headers(sent));
  const cookies = new RequestCookies(new Headers(sent));
  type Work = Parameters<typeof workAsyncStorage.run>[0];
  type Unit = Parameters<typeof workUnitAsyncStorage.run>[0];
  const unit = {
    type: "request",
    phase: "action",
    headers,
    cookies,
    userspaceMutableCookies: cookies,
  } as unknown as Unit;
  return workAsyncStorage.run({ route: "/" } as Work, () => workUnitAsyncStorage.run(unit, run));
}

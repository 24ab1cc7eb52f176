import { env } from "@/lib/env";

type Handler = (request: Request) => Promise<Response>;

/** What a browser does around requests to one route handler: keeps cookies, sends forms. */
export class TestBrowser {
  readonly cookies = new Map<string, string>();
  readonly #handle: Handler;
  readonly #sends: Record<string, string>;

  /** `sends` are headers of every request. */
  constructor(handle: Handler, sends: Record<string, string> = {}) {
    this.#handle = handle;
    this.#sends = sends;
  }

  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers({ ...this.#sends, ...Object.fromEntries(new Headers(init.headers)) });
    headers.set("cookie", [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await this.#handle(new Request(new URL(path, env().ATOLL_URL), { ...init, headers }));
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  async post(path: string, fields: Record<string, string>): Promise<Response> {
    return this.request(path, { method: "POST", body: new URLSearchParams(fields) });
  }

  async csrfToken(): Promise<string> {
    const response = await this.request("/api/auth/csrf");
    return ((await response.json()) as { csrfToken: string }).csrfToken;
  }

  /** As next-auth's `signIn("credentials", { redirect: false })` does it. */
  async signIn(email: string, password: string): Promise<{ status: number; error: string | null; response: Response }> {
    const fields = { email, password, csrfToken: await this.csrfToken(), callbackUrl: "/", json: "true" };
    const response = await this.post("/api/auth/callback/credentials", fields);
    const { url } = (await response.clone().json()) as { url: string };
    return { status: response.status, error: new URL(url).searchParams.get("error"), response };
  }

  #keep(line: string): void {
    const [pair = ""] = line.split(";");
    const [name = "", value = ""] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    if (value === "" || /max-age=0/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, decodeURIComponent(value));
  }
}

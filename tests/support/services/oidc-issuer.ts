import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";

export type OidcPerson = { sub: string; name?: string; email?: string; email_verified?: boolean | string };
type Grant = { person: OidcPerson; nonce: string; challenge: string; redirectUri: string };

const client = { id: "atoll", secret: "a secret between the two" } as const;

/**
 * A real OpenID Connect issuer, as small as it can be: discovery, authorization code with PKCE, signed ID tokens, keys.
 * Whoever comes is `person`; it asks nothing. (OpenID Connect Core 1.0, RFC 7636)
 */
export class OidcIssuer {
  person: OidcPerson = { sub: "nobody" };
  /** Signs with a key that is not among the published ones. */
  isForging = false;
  readonly client = client;
  readonly #grants = new Map<string, Grant>();
  readonly #keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  readonly #forged = generateKeyPairSync("rsa", { modulusLength: 2048 });
  readonly #server = http.createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  static async start(): Promise<OidcIssuer> {
    const issuer = new OidcIssuer();
    await new Promise<void>((resolve) => issuer.#server.listen(0, "127.0.0.1", resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const json = (body: unknown, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (url.pathname === "/.well-known/openid-configuration") return void json(this.#configuration());
    if (url.pathname === "/keys") {
      const key = this.#keys.publicKey.export({ format: "jwk" });
      return void json({ keys: [{ ...key, kid: "1", use: "sig", alg: "RS256" }] });
    }
    if (url.pathname === "/authorize") {
      return void response.writeHead(302, { location: this.#authorize(url.searchParams) }).end();
    }
    if (url.pathname === "/token") {
      const granted = this.#token(request.headers.authorization ?? "", new URLSearchParams(await text(request)));
      return void json(granted ?? { error: "invalid_grant" }, granted ? 200 : 400);
    }
    response.writeHead(404).end();
  }

  #configuration() {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/keys`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
    };
  }

  #authorize(query: URLSearchParams): string {
    const wanted = (name: string) => {
      const value = query.get(name);
      if (!value) throw new Error(`${name} is missing`);
      return value;
    };
    if (wanted("client_id") !== client.id || wanted("code_challenge_method") !== "S256")
      throw new Error("Not a client");
    const code = randomBytes(16).toString("hex");
    const redirectUri = wanted("redirect_uri");
    const grant = { nonce: wanted("nonce"), challenge: wanted("code_challenge"), redirectUri };
    this.#grants.set(code, { person: { ...this.person }, ...grant });
    const back = new URL(redirectUri);
    back.searchParams.set("code", code);
    back.searchParams.set("state", wanted("state"));
    return back.href;
  }

  #token(authorization: string, form: URLSearchParams) {
    const code = form.get("code") ?? "";
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    // RFC 6749, 2.3.1: both halves are form-encoded before they are put together.
    const [id, secret] = Buffer.from(authorization.replace(/^Basic /, ""), "base64")
      .toString()
      .split(":");
    const decoded = (part = "") => decodeURIComponent(part.replaceAll("+", " "));
    const isClient = decoded(id) === client.id && decoded(secret) === client.secret;
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (!grant || !isClient || grant.challenge !== challenge || grant.redirectUri !== form.get("redirect_uri"))
      return null;
    const token = this.#idToken(grant);
    return { access_token: randomBytes(16).toString("hex"), token_type: "Bearer", expires_in: 300, id_token: token };
  }

  #idToken({ person, nonce }: Grant): string {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: this.url, aud: client.id, iat: now, exp: now + 300, nonce, ...person };
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const unsigned = `${part({ alg: "RS256", kid: "1", typ: "JWT" })}.${part(claims)}`;
    const { privateKey } = this.isForging ? this.#forged : this.#keys;
    return `${unsigned}.${sign("sha256", Buffer.from(unsigned), privateKey).toString("base64url")}`;
  }
}

async function text(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

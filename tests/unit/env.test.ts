import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { EnvError, parseEnv, parseStartEnv } from "@/lib/env";

const whole = {
  DATABASE_URL: "postgresql://atoll:secret@db.example.org/atoll",
  NEXTAUTH_SECRET: "0123456789abcdef0123456789abcdef",
};

test("nothing needs to be set to start", () => {
  const start = parseStartEnv({});
  expect(start).toMatchObject({ PORT: 3000, ATOLL_URL: "http://localhost:3000", S3_BUCKET: "atoll-media" });
  expect(start.ATOLL_DATA_DIR).toBe(path.resolve(".data"));
  expect(start.S3_FORCE_PATH_STYLE).toBe(false);
});

test("an empty variable is an unset one", () => {
  expect(parseStartEnv({ PORT: "", DATABASE_URL: "", S3_ENDPOINT: "" })).toEqual(parseStartEnv({}));
});

test("the base URL follows the port, and an endpoint means path style", () => {
  const start = parseStartEnv({ PORT: "8080", S3_ENDPOINT: "http://127.0.0.1:7480" });
  expect(start.ATOLL_URL).toBe("http://localhost:8080");
  expect(start.S3_FORCE_PATH_STYLE).toBe(true);
  expect(
    parseStartEnv({ S3_ENDPOINT: "https://s3.example.org", S3_FORCE_PATH_STYLE: "false" }).S3_FORCE_PATH_STYLE,
  ).toBe(false);
});

describe("a malformed value stops with one line that names it", () => {
  const cases: [name: string, value: string][] = [
    ["PORT", "http"],
    ["PORT", "65536"],
    ["PORT", "-1"],
    ["ATOLL_URL", "localhost:3000"],
    ["ATOLL_URL", "https://example.org/atoll"],
    ["ATOLL_URL", "ftp://example.org"],
    ["ATOLL_PROXY_HOPS", "-1"],
    ["ATOLL_PROXY_HOPS", "all"],
    ["ATOLL_PROXY_NETWORKS", "10.0.0.0/33"],
    ["ATOLL_PROXY_NETWORKS", "10.0.0.0/8,proxy.example.org"],
    ["ATOLL_LISTEN", "127.0.0.1"],
    ["ATOLL_SIGN_UP", "yes"],
    ["ATOLL_DEFAULT_QUOTA", "much"],
    ["ATOLL_MAIL_URL", "mail.example.org:25"],
    ["ATOLL_MAIL_URL", "http://mail.example.org"],
    ["ATOLL_MAIL_FROM", "Atoll"],
    ["ATOLL_MAIL_FROM", "Atoll <atoll@example.org>\r\nBcc: x@example.org"],
    ["ATOLL_S3_PORT", "any"],
    ["ATOLL_PG_PORT", "99999"],
    ["ATOLL_DEMO_PASSWORD", "short"],
    ["DATABASE_URL", "mysql://localhost/atoll"],
    ["DATABASE_URL", "localhost"],
    ["S3_ENDPOINT", "s3.example.org"],
    ["S3_ENDPOINT", "https://s3.example.org/bucket"],
    ["S3_PUBLIC_ENDPOINT", "//s3.example.org"],
    ["S3_UPLOAD_ENDPOINTS", "https://a.example.org,b.example.org"],
    ["S3_UPLOAD_ENDPOINTS", "https://a.example.org/?x=1"],
    ["S3_BUCKET", "Media"],
    ["S3_BUCKET", "ab"],
    ["S3_STATIC_BUCKET", "under_score"],
    ["S3_FORCE_PATH_STYLE", "yes"],
    ["S3_ROLE_ARN", "role/uploader"],
    ["NEXTAUTH_SECRET", "too short"],
    ["OIDC_ISSUER", "issuer"],
  ];
  test.each(cases)("%s=%s", (name, value) => {
    const attempt = () => parseStartEnv({ [name]: value });
    expect(attempt).toThrow(EnvError);
    expect(attempt).toThrow(new RegExp(`^${name} [^\\n]+$`));
  });
});

test.each([
  [undefined, "open", "loopback"],
  ["http://127.0.0.1:8080", "open", "loopback"],
  ["http://[::1]:3000", "open", "loopback"],
  ["http://atoll.localhost", "open", "loopback"],
  ["https://photos.example.org", "invite", "all"],
  ["http://10.0.0.5:3000", "invite", "all"],
  ["http://localhost.example.org", "invite", "all"],
])("a site at %s is %s to new accounts and listens to %s unless it says otherwise", (ATOLL_URL, mode, listen) => {
  expect(parseStartEnv({ ATOLL_URL }).ATOLL_LISTEN).toBe(listen);
  for (const ATOLL_LISTEN of ["loopback", "all"])
    expect(parseStartEnv({ ATOLL_URL, ATOLL_LISTEN }).ATOLL_LISTEN).toBe(ATOLL_LISTEN);
  expect(parseStartEnv({ ATOLL_URL }).ATOLL_SIGN_UP).toBe(mode);
  expect(parseStartEnv({ ATOLL_URL, ATOLL_SIGN_UP: "closed" }).ATOLL_SIGN_UP).toBe("closed");
});

test.each([
  [undefined, null],
  ["none", null],
  ["50GB", 50_000_000_000n],
  ["1.5 TiB", 1_649_267_441_664n],
  ["7", 7n],
])("a default quota of %s is %s bytes", (ATOLL_DEFAULT_QUOTA, bytes) => {
  expect(parseStartEnv({ ATOLL_DEFAULT_QUOTA }).ATOLL_DEFAULT_QUOTA).toBe(bytes);
});

test.each([
  [{ ATOLL_MAIL_URL: "smtp://localhost" }, "ATOLL_MAIL_FROM"],
  [{ ATOLL_MAIL_FROM: "atoll@example.org" }, "ATOLL_MAIL_URL"],
  [{ GITHUB_ID: "x" }, "GITHUB_SECRET"],
  [{ GOOGLE_SECRET: "x" }, "GOOGLE_ID"],
  [{ OIDC_ISSUER: "https://id.example.org", OIDC_ID: "x" }, "OIDC_SECRET"],
])("half a provider is refused: %o", (given, missing) => {
  expect(() => parseStartEnv(given)).toThrow(new RegExp(`^${missing} is missing`));
});

test("the running site needs a database and a secret, named when missing", () => {
  expect(parseEnv(whole)).toMatchObject(whole);
  expect(() => parseEnv({ ...whole, DATABASE_URL: undefined })).toThrow(/^DATABASE_URL is missing/);
  expect(() => parseEnv({ ...whole, NEXTAUTH_SECRET: undefined })).toThrow(/^NEXTAUTH_SECRET is missing/);
});

test(".env.example lists every variable", () => {
  const listed = new Set(
    readFileSync(path.join(import.meta.dirname, "../../.env.example"), "utf8").match(/(?<=^#)[A-Z][A-Z0-9_]+(?==)/gm),
  );
  const source = readFileSync(path.join(import.meta.dirname, "../../lib/env.ts"), "utf8");
  const known = source.match(/^ {2}[A-Z][A-Z0-9_]+(?=:)/gm)?.map((name) => name.trim()) ?? [];
  expect(known.length).toBeGreaterThan(15);
  for (const name of known) expect(listed, name).toContain(name);
});

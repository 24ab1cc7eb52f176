import * as argon2 from "@node-rs/argon2";
import { afterAll, describe, expect, it, vi } from "vitest";
import { commonPasswords, isCommonPassword } from "@/lib/auth/common-passwords/policy";
import { hashPassword, verifyPassword } from "@/lib/auth/password";
import { isMadeOfContext, signInMessage } from "@/lib/auth/policy";
import { newPassword, signInInput, signUpInput } from "@/lib/auth/schema";
import { changePasswordInput } from "@/lib/user/schema";

vi.mock("@node-rs/argon2", { spy: true });
afterAll(() => vi.doUnmock("@node-rs/argon2"));

process.env.DATABASE_URL = "postgresql://nobody@127.0.0.1:9/none";
process.env.NEXTAUTH_SECRET = "0123456789abcdef0123456789abcdef";

const password = "three small words";
const ada = { email: "ada@example.org", name: null };
const problemsOf = (input: unknown) =>
  signUpInput.safeParse(input).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("an e-mail address", () => {
  it.each([
    ["  Ada@Example.ORG\n", "ada@example.org"],
    ["ADA+tag@EXAMPLE.org", "ada+tag@example.org"],
    ["demo@atoll.local", "demo@atoll.local"],
  ])("%j is kept as %j", (typed, kept) => {
    expect(signUpInput.parse({ email: typed, password }).email).toBe(kept);
    expect(signInInput.parse({ email: typed, password }).email).toBe(kept);
  });

  it.each(["", "ada", "ada@", "@example.org", "a b@example.org", "ada@example", `${"a".repeat(250)}@example.org`, 7])(
    "%j is refused",
    (typed) => {
      expect(problemsOf({ email: typed, password }).join()).toMatch(/^email: /);
    },
  );
});

describe("a new password", () => {
  it.each([
    "12345678",
    "PassWord",
    "qwertyuiop",
    "Iloveyou",
    "zzzzzzzzzzzz",
    "P@ssw0rd",
    "passw0rd1",
    "ｐａｓｓｗｏｒｄ",
    "!qaz2wsx",
    "zxcvbnm,",
  ])("%j is too common", (common) => {
    expect(newPassword.safeParse(common).error?.issues[0]?.message).toMatch(/too common/);
  });

  it("is compared with at least 3,000 common ones, each of eight and more characters", () => {
    const listed = commonPasswords();
    expect(listed.size).toBeGreaterThanOrEqual(3_000);
    for (const common of listed) {
      expect(common.length, common).toBeGreaterThanOrEqual(8);
      expect(isCommonPassword(common.toUpperCase()), common).toBe(true);
    }
    expect([...listed].toSorted()).toEqual([...listed]);
  });

  it.each([
    ["seven77", /at least 8/],
    ["🐠🐟🐡🦈", /at least 8/],
    // Eight characters as typed, four as compared.
    ["e\u0301".repeat(4), /at least 8/],
    [`${"x1".repeat(64)}x`, /at most 128/],
    ["x1".repeat(5_000_000), /at most 128/],
    ["\ud800 lone surrogate", /Unicode/],
  ])("%#: refused", (bad, message) => {
    expect(
      newPassword
        .safeParse(bad)
        .error?.issues.map((issue) => issue.message)
        .join(),
    ).toMatch(message);
  });

  it.each([
    "three small words",
    " leading space kept ",
    "🐠🐟🐡🦈🐙🦀🐚🪸",
    "пароль из слов",
    "x1".repeat(64),
    "qzjvxwkf",
    "75837265",
    "e\u0301x".repeat(64),
  ])("%j is accepted unchanged, without rules of composition", (good) => {
    expect(newPassword.parse(good)).toBe(good);
  });

  it.each([
    ["Grace.Hopper@example.org", true],
    ["grace.hopper", true],
    ["GraceHopper1906", true],
    ["hopper!!!!", true],
    ["atoll-2026", true],
    ["Atoll1234", true],
    ["reefsurvey99", true],
    ["ｇｒａｃｅ1906!", true],
    ["grace hopper's cat", false],
    ["an atoll at night", false],
    ["1906-12-09 17:30", false],
    ["hop per gra ce", false],
  ])("%j is made of the e-mail address and the site's name: %s", (password, expected) => {
    const context = ["grace.hopper@example.org", "photos.reefsurvey.org", "atoll"];
    expect(isMadeOfContext(password, context)).toBe(expected);
  });
});

describe("a name", () => {
  it("may be left out, or be empty in a form", () => {
    expect(signUpInput.parse({ email: "a@example.org", password }).name).toBeUndefined();
    expect(signUpInput.parse({ email: "a@example.org", name: "  ", password }).name).toBeUndefined();
    expect(signUpInput.parse({ email: "a@example.org", name: " Ada ", password }).name).toBe("Ada");
  });

  it("has no control characters and at most 120 characters", () => {
    expect(problemsOf({ email: "a@example.org", name: "A\u0000", password })).toHaveLength(1);
    expect(problemsOf({ email: "a@example.org", name: "x".repeat(121), password })).toHaveLength(1);
  });
});

describe("a password's hash", () => {
  it("is argon2id at OWASP's cost, salted, and matches its password only", async () => {
    const [one, two] = await Promise.all([hashPassword(password, ada), hashPassword(password, ada)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword(one, password)).toBe(true);
    expect(await verifyPassword(one, `${password} `)).toBe(false);
  });

  it("is compared with a dummy hash of the same cost when missing: never matches, takes as long", async () => {
    const verify = vi.mocked(argon2.verify).mockClear();
    expect(await verifyPassword(null, "not a real password")).toBe(false);
    expect(verify).toHaveBeenCalledTimes(1);
    const costOf = (hash: unknown) => String(hash).split("$").slice(0, 4);
    expect(costOf(verify.mock.calls[0]?.[0])).toEqual(costOf(await hashPassword(password, ada)));
  });

  it("is compared as often when missing as when there, also where the typed form and NFKC differ", async () => {
    const verify = vi.mocked(argon2.verify);
    const typed = "\ufb01ne words here";
    const own = await hashPassword(typed, ada);
    for (const compared of [null, own]) {
      verify.mockClear();
      expect(await verifyPassword(compared, typed)).toBe(compared !== null);
      expect(verify).toHaveBeenCalledTimes(2);
    }
    expect(await verifyPassword(own, "fine words here")).toBe(true);
  });

  it("is not made for a password made of its account's address or name, or the site's", async () => {
    const owner = { email: "ada.lovelace@example.org", name: "Augusta King-Noel" };
    for (const made of ["ada.lovelace1", "example.org!!", "localhost1", "AugustaKing!", "king-noel 1815"]) {
      const refused = hashPassword(made, owner);
      await expect(refused).rejects.toMatchObject({ code: "INVALID", issues: [{ path: "password" }] });
    }
  });
});

it("has a message for every sign-in error, known or not", () => {
  for (const error of ["CredentialsSignin", "RATE_LIMITED", "UNAVAILABLE", "Callback", "<script>"]) {
    expect(signInMessage(error)).toMatch(/^[A-Z].*\.$/);
    expect(signInMessage(error)).not.toContain("<");
  }
  expect(signInMessage("constructor")).toMatch(/^Sign-in failed/);
});

it("a new password is not the current one, also typed on another keyboard", () => {
  const change = (currentPassword: string, newPassword: string) =>
    changePasswordInput.safeParse({ currentPassword, newPassword }).error?.issues.map(({ path }) => path.join("."));
  expect(change("three small words", "three small words")).toEqual(["newPassword"]);
  expect(change("cafe\u0301 small words", "caf\u00e9 small words")).toEqual(["newPassword"]);
  expect(change("three small words", "three small birds")).toBeUndefined();
});

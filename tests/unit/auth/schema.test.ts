import * as argon2 from "@node-rs/argon2";
import { afterAll, describe, expect, it, vi } from "vitest";
import { hashPassword, verifyPassword } from "@/lib/auth/password";
import { newPassword, signInInput, signInMessage, signUpInput } from "@/lib/auth/schema";

vi.mock("@node-rs/argon2", { spy: true });
afterAll(() => vi.doUnmock("@node-rs/argon2"));

const password = "three small words";
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
  it.each(["12345678", "PassWord", "qwertyuiop", "Iloveyou", "zzzzzzzzzzzz", "P@ssw0rd", "passw0rd1"])(
    "%j is too common",
    (common) => {
      expect(newPassword.safeParse(common).error?.issues[0]?.message).toMatch(/too common/);
    },
  );

  it.each([
    ["seven77", /at least 8/],
    ["🐠🐟🐡🦈", /at least 8/],
    ["x1".repeat(101), /at most 200/],
    ["\ud800 lone surrogate", /Unicode/],
  ])("%j is refused", (bad, message) => {
    expect(
      newPassword
        .safeParse(bad)
        .error?.issues.map((issue) => issue.message)
        .join(),
    ).toMatch(message);
  });

  it.each(["three small words", " leading space kept ", "🐠🐟🐡🦈🐙🦀🐚🪸", "пароль из слов", "x1".repeat(100)])(
    "%j is accepted unchanged",
    (good) => {
      expect(newPassword.parse(good)).toBe(good);
    },
  );

  it("must not be the e-mail address", () => {
    expect(problemsOf({ email: "grace.hopper@example.org", password: "Grace.Hopper@example.org" })).toHaveLength(1);
    expect(problemsOf({ email: "grace.hopper@example.org", password: "grace.hopper" })).toHaveLength(1);
    expect(problemsOf({ email: "grace.hopper@example.org", password: "grace hopper's cat" })).toEqual([]);
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
    const [one, two] = await Promise.all([hashPassword(password), hashPassword(password)]);
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
    expect(costOf(verify.mock.calls[0]?.[0])).toEqual(costOf(await hashPassword(password)));
  });
});

it("has a message for every sign-in error, known or not", () => {
  for (const error of ["CredentialsSignin", "RATE_LIMITED", "UNAVAILABLE", "Callback", "<script>"]) {
    expect(signInMessage(error)).toMatch(/^[A-Z].*\.$/);
    expect(signInMessage(error)).not.toContain("<");
  }
  expect(signInMessage("constructor")).toMatch(/^Sign-in failed/);
});

import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { parseInput } from "@/lib/action";
import { AppError, notFound, requireId, toAppError } from "@/lib/errors";
import { route } from "@/lib/http";

const request = new Request("http://localhost:3000/api/v1/thing");

describe("toAppError", () => {
  it("leaves an AppError as it is", () => {
    const error = notFound("collection");
    expect(toAppError(error)).toBe(error);
  });

  it.each([
    ["a refused connection", Object.assign(new Error("connect"), { code: "ECONNREFUSED" })],
    ["Prisma's P1001", Object.assign(new Error("x"), { code: "P1001" })],
    [
      "a raw query's",
      Object.assign(new Error("Raw query failed"), {
        code: "P2010",
        meta: { driverAdapterError: { cause: { kind: "DatabaseNotReachable" } } },
      }),
    ],
    ["one several causes deep", new Error("a", { cause: new Error("b", { cause: { code: "57P01" } }) })],
    ["several at once", new AggregateError([Object.assign(new Error("x"), { code: "ETIMEDOUT" })])],
  ])("knows an unreachable service: %s", (_, error) => {
    expect(toAppError(error)).toMatchObject({ code: "UNAVAILABLE", retryAfterSeconds: 5 });
  });

  it("does not reveal an unknown error's message", () => {
    const error = toAppError(new Error("password=secret"));
    expect(error.code).toBe("INTERNAL");
    expect(error.message).not.toContain("secret");
  });

  it("survives circular causes", () => {
    const error = new Error("round") as Error & { cause: unknown };
    error.cause = error;
    expect(toAppError(error).code).toBe("INTERNAL");
  });
});

describe("requireId", () => {
  it("accepts UUIDs and throws NOT_FOUND for anything else", () => {
    const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    expect(requireId(id, "upload")).toBe(id);
    for (const bad of ["", "x", `${id}0`, `'${id}'`, id.replaceAll("-", "")]) {
      expect(() => requireId(bad, "upload")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    }
  });
});

describe("route", () => {
  it("responds with problem+json (RFC 9457), issues and Retry-After", async () => {
    const failing = route(async () => {
      throw new AppError("INVALID", "No.", { issues: [{ path: "name", message: "Too long" }], retryAfterSeconds: 7 });
    });
    const response = await failing(request);
    expect(response.status).toBe(422);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await response.json()).toEqual({
      type: "urn:atoll:error:invalid",
      title: "Invalid request",
      status: 422,
      detail: "No.",
      errors: [{ path: "name", message: "Too long" }],
    });
  });

  it("logs unexpected errors and does not return them", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const cause = new Error("secret detail");
    const response = await route(async () => {
      throw cause;
    })(request);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(log).toHaveBeenCalledWith("GET /api/v1/thing failed", cause);
    log.mockRestore();
  });
});

describe("text that the database cannot store", () => {
  const any = z.unknown();
  it.each<[string, unknown, string]>([
    ["a lone surrogate", { a: "x\ud800" }, "a"],
    ["a lone low surrogate in a list", { files: [{ path: "fine" }, { path: "\udc00" }] }, "files.1.path"],
    ["a NUL", { title: "a\0b" }, "title"],
    ["a name of a field", { metadata: { "\ud83d": "x" } }, "metadata"],
    ["the whole", "\0", ""],
  ])("is INVALID, not an error of the server: %s", (_, input, path) => {
    expect(() => parseInput(any, input)).toThrow(
      expect.objectContaining({ code: "INVALID", issues: [expect.objectContaining({ path })] }),
    );
  });

  it("is found however deep, and other text is left alone", () => {
    const depth = 200_000;
    const nested = JSON.parse(`${"[".repeat(depth)}"\\ud800"${"]".repeat(depth)}`) as unknown;
    expect(() => parseInput(any, nested)).toThrow(AppError);
    const text = { a: "\u{1F41F} é \u0001\ufeff", b: [null, 1, true] };
    expect(parseInput(any, text)).toEqual(text);
  });
});

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Call, isWriting, paramNames } from "@/lib/api/call";
import { allCalls } from "@/lib/api/calls/all";
import { openApi } from "@/lib/api/openapi";
import { scopes } from "@/lib/auth/token/policy";

const folder = path.resolve(import.meta.dirname, "../../../app/api/v1");
const routeFiles = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith("route.ts"),
);
/** The document itself, and the answer for all other paths. */
const withoutCall = ["openapi.json/route.ts", "[...path]/route.ts"];

const fileOf = ({ path: template }: Call) => `${template.slice(1).replaceAll(/\{(\w+)\}/g, "[$1]")}/route.ts`;
const id = ({ method, path: template }: Call) => `${method} ${template}`;

describe("every call", () => {
  it("has a name of its own, and a path and method of its own", () => {
    expect(new Set(allCalls.map((call) => call.id)).size).toBe(allCalls.length);
    expect(new Set(allCalls.map(id)).size).toBe(allCalls.length);
  });

  it.each(allCalls.map((call) => [id(call), call] as const))("%s is served where its path says", (_, call) => {
    const text = readFileSync(path.join(folder, fileOf(call)), "utf8");
    expect(text).toContain(`${call.method}: serve(calls.${call.id},`);
  });

  it("is of a route file, and no route file serves anything else", () => {
    const served = routeFiles.filter((file) => !withoutCall.includes(file));
    expect([...new Set(allCalls.map(fileOf))].toSorted()).toEqual(served.toSorted());
    const count = served.reduce(
      (sum, file) => sum + readFileSync(path.join(folder, file), "utf8").split("serve(calls.").length - 1,
      0,
    );
    expect(count).toBe(allCalls.length);
  });

  it("that changes something needs a user, and a token with a scope", () => {
    for (const call of allCalls.filter(isWriting)) {
      expect(call.who, id(call)).not.toBe("anyone");
      if (call.who === "user") expect(call.scopes.length, id(call)).toBeGreaterThan(0);
      for (const scope of call.scopes) expect(scopes).toContain(scope);
    }
  });

  it("that creates something takes an Idempotency-Key", () => {
    for (const call of allCalls) expect(call.takesKey === true, id(call)).toBe(call.status === 201);
  });
});

/** Objects within a JSON Schema that take fields they do not name, other than maps. */
function openObjects(schema: unknown, at: string): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { type, properties, additionalProperties } = schema as Record<string, unknown>;
  const isOpen = type === "object" && properties !== undefined && additionalProperties !== false;
  const inner = Object.entries(schema).flatMap(([name, value]) => openObjects(value, `${at}.${name}`));
  return isOpen ? [at, ...inner] : inner;
}

describe("shapes", () => {
  it("refuse unknown fields at every depth of a body, and unknown parameters", () => {
    for (const call of allCalls)
      for (const shape of [call.body, call.query])
        if (shape)
          expect(openObjects(z.toJSONSchema(shape, { io: "input", unrepresentable: "any" }), id(call))).toEqual([]);
  });

  it("are described in openapi.json with every parameter, answer and reference", () => {
    const document = openApi("https://atoll.example");
    const { paths, components } = document as {
      paths: Record<string, Record<string, { parameters: { name: string; in: string }[]; responses: object }>>;
      components: { schemas: Record<string, unknown> };
    };
    for (const call of allCalls) {
      const operation = paths[call.path]?.[call.method.toLowerCase()];
      const inPath = operation?.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
      expect(inPath, id(call)).toEqual(paramNames(call.path));
      expect(Object.keys(operation?.responses ?? {}), id(call)).toEqual([String(call.status), "default"]);
    }
    const text = JSON.stringify(document);
    expect(text).not.toContain("$defs");
    const referred = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = ""]) => name);
    expect([...new Set(referred)].toSorted()).toEqual(Object.keys(components.schemas).toSorted());
  });
});

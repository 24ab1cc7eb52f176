import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { allCalls } from "@/lib/api/calls/all";

const root = path.resolve(import.meta.dirname, "../../..");

/** The files of a folder that have such a name, from the root. */
function filesOf(folder: string, name: RegExp): string[] {
  const entries = readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" });
  return entries.map((entry) => `${folder}/${entry}`).filter((file) => name.test(file));
}

/** Text that no person needs, by what is wrong with it. */
const probes = {
  "a NUL": "a\0b",
  "a control character": "a\u0007b",
  "a lone surrogate": "a\ud800b",
  "a character that reverses the reading direction": "a\u202eb",
  "an isolate": "a\u2066b",
};

/** Text that is not of the rule, and why it may be. */
const exempt = new Map([
  ["lib/invitation/schema.ts invitationToken", "hashed to look it up, never stored"],
  ["lib/auth/schema.ts signUpInput.invitation", "invitationToken"],
  ["lib/auth/schema.ts requestInvitationInput.invitation", "invitationToken"],
  ["lib/sealed/schema.ts cursorText", "opened with a key, never stored"],
  ["lib/session/schema.ts sessionListInput.cursor", "cursorText"],
  ["lib/token/schema.ts tokenListInput.cursor", "cursorText"],
  ["lib/sealed/schema.ts pageInput.cursor", "cursorText"],
  ["lib/sealed/schema.ts nextCursor", "cursorText"],
  ["lib/media/schema.ts mediaListInput.cursor", "cursorText"],
  ["lib/media/schema.ts mediaListInput.ids", "looked up, never stored"],
  ["lib/token/schema.ts createTokenInput.collection", "looked up by isSlug, never stored"],
  ["lib/auth/schema.ts newPassword", "stored as a hash; any character of a keyboard makes it stronger"],
  ["lib/auth/schema.ts signUpInput.password", "newPassword"],
  ["lib/auth/schema.ts createUserInput.password", "newPassword"],
  ["lib/auth/schema.ts signInInput.password", "compared with a hash, never stored"],
  ["lib/user/schema.ts changePasswordInput.currentPassword", "compared with a hash, never stored"],
  ["lib/user/schema.ts changePasswordInput.newPassword", "newPassword"],
  ["lib/upload/schema.ts openUploadInput.collectionSlug", "looked up by isSlug, never stored"],
  [
    "lib/upload/schema.ts cancelInput.paths[]",
    "names a stored path, which may be from before a rule; a NUL is refused",
  ],
  ["lib/path/schema.ts anyPath", "the same"],
  ["lib/path/schema.ts foundPath", "compared with a path of the rule, of which it is another form"],
  ["lib/upload/schema.ts filesInput.files[].sentAs", "the same"],
]);

type Leaf = { name: string; schema: z.ZodType };

/** The fields of a schema that are not objects, lists or records themselves. */
function leavesOf(name: string, schema: z.ZodType): Leaf[] {
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([key, field]) => leavesOf(`${name}.${key}`, field as z.ZodType));
  if (schema instanceof z.ZodArray) return leavesOf(`${name}[]`, schema.element as z.ZodType);
  if (schema instanceof z.ZodRecord)
    return [
      ...leavesOf(`${name} key`, schema.keyType as unknown as z.ZodType),
      ...leavesOf(`${name}{}`, schema.valueType as z.ZodType),
    ];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return leavesOf(name, schema.unwrap() as z.ZodType);
  return [{ name, schema }];
}

/** What the schema files export that describes input: what the site writes is not parsed from what people send. */
async function inputs(): Promise<Leaf[]> {
  const found: Leaf[] = [];
  for (const file of filesOf("lib", /\/schema\.ts$/)) {
    const module = (await import(path.join(root, file))) as Record<string, unknown>;
    for (const [name, schema] of Object.entries(module)) {
      if (schema instanceof z.ZodType && !written.has(name)) found.push(...leavesOf(`${file} ${name}`, schema));
    }
  }
  return found;
}

/** Shapes of what the site itself writes: its answers, and its file in the bucket. */
const written = new Set([
  "ownerFile",
  "collectionCard",
  "containerCredentials",
  "createdToken",
  "freshUrls",
  "mediaDetail",
  "mediaItem",
  "memberItem",
  "sessionItem",
  "tokenItem",
  "uploadCredentials",
  "mediaPage",
  "openedUpload",
  "postPolicy",
  "fileAnswer",
  "filesAnswer",
  "partUrls",
  "uploadStatus",
]);

const leaves = await inputs();

describe("every text that is stored is of the rule for text", () => {
  it("finds the fields", () => {
    const names = leaves.map(({ name }) => name);
    for (const one of ["createCollectionInput.description", "openUploadInput.metadata key", "filesInput.files[].path"])
      expect(names.some((name) => name.endsWith(one))).toBe(true);
    // None of the exceptions is of a field that is gone.
    expect([...exempt.keys()].filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(Object.entries(probes))("no field takes %s", (_, probe) => {
    const takes = leaves.filter(({ name, schema }) => !exempt.has(name) && schema.safeParse(probe).success);
    expect(takes.map(({ name }) => name)).toEqual([]);
  });

  it("no other file has a shape of text that it does not only look up or start with", () => {
    const others = ["app", "lib", "components"]
      .flatMap((folder) => filesOf(folder, /\.tsx?$/))
      .filter((file) => !file.endsWith("/schema.ts"))
      .filter((file) => /\bz\s*\.\s*(string|record|any|unknown)\(/.test(readFileSync(path.join(root, file), "utf8")));
    expect(others).toEqual(["lib/env.ts"]);
  });

  it("no edge parses what these files do not export", () => {
    const own: string[] = [];
    for (const file of ["app", "lib", "components"].flatMap((folder) => filesOf(folder, /\.tsx?$/))) {
      const text = readFileSync(path.join(root, file), "utf8");
      for (const [, name = ""] of text.matchAll(/parseInput\((\w+)/g)) {
        const imported = new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from "(@/lib|\\.)/[^"]*schema"`).test(text);
        if (!imported && file !== "lib/action.ts") own.push(`${file} ${name}`);
      }
    }
    // The shapes of calls, each of whose fields is one of these.
    expect(new Set(own)).toEqual(new Set(["lib/api/serve.ts call"]));
    const known = new Set(leaves.map(({ schema }) => schema));
    const shapes = allCalls.flatMap(({ id, body, query }) => [
      leavesOf(id, body ?? z.object()),
      leavesOf(id, query ?? z.object()),
    ]);
    expect(shapes.flat().filter(({ schema }) => !known.has(schema))).toEqual([]);
  });
});

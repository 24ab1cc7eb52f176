import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../../..");
const read = (name: string) => readFileSync(path.join(root, name), "utf8");

const documents = [
  ...["README.md", "CONTRIBUTING.md"],
  ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name)),
];

/** Returns the files and folders of the project that a document names, as links and in backquotes. */
function named(document: string): string[] {
  const text = read(document);
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target = ""]) =>
    path.join(path.dirname(document), target),
  );
  const quoted = [...text.matchAll(/`((?:app|components|lib|prisma|public|tests|docs)\/[\w./()[\]-]+)`/g)];
  return [...links, ...quoted.map(([, name = ""]) => name)];
}

/** A name without its ending is that of a source file, as imports write it. */
function isThere(name: string): boolean {
  return ["", ".ts", ".tsx", ".mjs"].some((ending) => existsSync(path.join(root, name + ending)));
}

describe("documents", () => {
  it.each(documents)("%s names only files that are there", (document) => {
    expect(named(document).filter((name) => !isThere(name))).toEqual([]);
  });

  it("number decisions without gaps or doubles, in the file's name and in its heading", () => {
    const names = readdirSync(path.join(root, "docs/decisions")).filter((name) => /^\d/.test(name));
    const numbers = names.map((name) => Number(name.slice(0, 4)));
    expect(numbers).toEqual(names.map((_, index) => index + 1));
    for (const name of names)
      expect(read(`docs/decisions/${name}`)).toMatch(new RegExp(`^# ${Number(name.slice(0, 4))}\\. `));
  });
});

/** How many requirements of level 1 and 2 each section of OWASP ASVS 5.0.0 has, by the section's number. */
const requirements: Record<string, number> = {
  ...{ "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2 },
  ...{ "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3 },
  ...{ "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4 },
  ...{ "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1 },
  ...{ "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3 },
};

describe("docs/security.md", () => {
  const rows = [
    ...read("docs/security.md").matchAll(/^\| (\d+\.\d+)\.(\d+)(?:–(\d+))? +\|([^|]*)\|([^|]*)\|(.*)\|$/gm),
  ];

  it("lists each requirement of ASVS 5.0, levels 1 and 2, of V2–V8, V13 and V14 once", () => {
    const listed = rows.flatMap(([, section = "", first, last]) => {
      const [from, to] = [Number(first), Number(last ?? first)];
      return Array.from({ length: to - from + 1 }, (_, index) => `${section}.${from + index}`);
    });
    const expected = Object.entries(requirements).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
    );
    expect(listed.toSorted()).toEqual(expected.toSorted());
  });

  it("says of each whether it is met, and where or why not", () => {
    for (const [row, , , , , state = "", where = ""] of rows) {
      expect(["met", "open", "n/a"], row).toContain(state.trim());
      if (state.trim() === "open") expect(where.trim(), row).not.toBe("");
    }
  });
});

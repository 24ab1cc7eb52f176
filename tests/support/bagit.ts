import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * Fetches the payload of a bag and validates the bag by RFC 8493: returns what is wrong with it, nothing for a valid one. Of the
 * algorithms it knows SHA-256.
 */
export async function validateBag(bag: string): Promise<string[]> {
  const read = (name: string) => readFileSync(path.join(bag, name), "utf8");
  const problems: string[] = [];
  if (read("bagit.txt") !== "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    problems.push("bagit.txt (2.1.1)");
  const tags = manifest(read("tagmanifest-sha256.txt"), problems);
  const payload = manifest(read("manifest-sha256.txt"), problems);
  const fetched = new Set<string>();
  for (const line of linesOf(read("fetch.txt"), problems)) {
    const [, url = "", length = "", name = ""] = /^(\S+) (\d+|-) (.+)$/.exec(line) ?? [];
    const file = decoded(name);
    if (!payload.has(file)) problems.push(`fetched, but not in the manifest: ${file} (2.2.3)`);
    if (fetched.has(file)) problems.push(`fetched twice: ${file}`);
    fetched.add(file);
    const answer = await fetch(url);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (!answer.ok || (length !== "-" && bytes.length !== Number(length))) problems.push(`cannot be fetched: ${file}`);
    mkdirSync(path.dirname(path.join(bag, file)), { recursive: true });
    writeFileSync(path.join(bag, file), bytes);
  }
  const entries = readdirSync(bag, { recursive: true, withFileTypes: true, encoding: "utf8" });
  const there = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(bag, path.join(entry.parentPath, entry.name)));
  const data = there.filter((file) => file.startsWith("data/"));
  for (const file of data) if (!payload.has(file)) problems.push(`not in the manifest: ${file} (3)`);
  for (const file of payload.keys()) if (!file.startsWith("data/")) problems.push(`not below data/: ${file} (2.1.3)`);
  for (const [file, sum] of [...payload, ...tags]) {
    if (!there.includes(file)) problems.push(`not there: ${file}`);
    else if (
      createHash("sha256")
        .update(readFileSync(path.join(bag, file)))
        .digest("hex") !== sum
    )
      problems.push(`other bytes: ${file}`);
  }
  const bytes = data.reduce((sum, file) => sum + readFileSync(path.join(bag, file)).length, 0);
  if (!read("bag-info.txt").includes(`\nPayload-Oxum: ${bytes}.${data.length}\n`))
    problems.push("Payload-Oxum (2.2.2)");
  return problems;
}

/** Returns the checksums of a manifest by path (2.1.3). */
function manifest(text: string, problems: string[]): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of linesOf(text, problems)) {
    const [, sum = "", name = ""] = /^([0-9a-f]{64})[ \t]+\*?(.+)$/.exec(line) ?? [];
    const file = decoded(name);
    if (file === "" || path.posix.normalize(file) !== file || file.startsWith("..")) problems.push(`no path: ${line}`);
    // Names that are one on a disk which normalizes them.
    if ([...sums.keys()].some((other) => other.normalize("NFC") === file.normalize("NFC")))
      problems.push(`listed twice: ${file}`);
    sums.set(file, sum);
  }
  return sums;
}

function linesOf(text: string, problems: string[]): string[] {
  if (text.includes("\r")) problems.push("a line break that is not LF");
  if (text !== "" && !text.endsWith("\n")) problems.push("a last line without its end");
  return text.split("\n").filter((line) => line !== "");
}

/** Line breaks and percent signs are encoded, nothing else is (2.1.3). */
function decoded(name: string): string {
  return name.replaceAll(/%0A|%0D|%25/gi, (code) => decodeURIComponent(code));
}

/** A compiled pattern. */
export interface Wildcard {
  test(text: string): boolean;
}

/** The text between two asterisks; a regular expression when it has question marks. */
type Segment = string | RegExp;

const compiled = new Map<string, Wildcard>();
const MAX_COMPILED = 1000;
/** Longer patterns are rare and are not kept in memory. */
const MAX_KEPT_CHARACTERS = 256;

/**
 * Compiles a pattern: `*` matches any characters, `?` one character; `${*}`, `${?}` and `${$}` match these characters
 * themselves. One regular expression would backtrack exponentially in the number of asterisks.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
 */
export function compileWildcard(pattern: string, ignoreCase = false): Wildcard {
  const name = `${ignoreCase ? "i" : "s"}${pattern}`;
  const known = compiled.get(name);
  if (known) return known;
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  const segments = segmentsOf(fold(pattern));
  const wildcard = { test: (text: string) => matches(segments, fold(text)) };
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  if (pattern.length <= MAX_KEPT_CHARACTERS) compiled.set(name, wildcard);
  return wildcard;
}

/** Escapes text to a pattern that matches only this text. */
export function literally(text: string): string {
  return text.replace(/[*?$]/g, (char) => `$\{${char}}`);
}

function segmentsOf(pattern: string): readonly Segment[] {
  const segments: { text: string; source: string; isPlain: boolean }[] = [];
  let current = { text: "", source: "", isPlain: true };
  for (const part of pattern.match(/\$\{[*?$]\}|\*|\?|[^*?$]+|\$/g) ?? []) {
    if (part === "*") {
      segments.push(current);
      current = { text: "", source: "", isPlain: true };
    } else if (part === "?") {
      current.source += ".";
      current.isPlain = false;
    } else {
      const text = /^\$\{.\}$/.test(part) ? part.charAt(2) : part;
      current.text += text;
      current.source += text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    }
  }
  segments.push(current);
  const isLast = (at: number) => at > 0 && at === segments.length - 1;
  return segments.map(({ text, source, isPlain }, at) =>
    isPlain ? text : new RegExp(isLast(at) ? `${source}$` : source, "gsu"),
  );
}

/** Takes the first match of each segment, which leaves the most text for those behind it. */
function matches(segments: readonly Segment[], text: string): boolean {
  const [first = "", ...middle] = segments;
  const last = middle.pop();
  const begin = typeof first === "string" && !text.startsWith(first) ? undefined : find(first, text, 0);
  if (begin?.start !== 0) return false;
  let at = begin.end;
  if (last === undefined) return at === text.length;
  for (const segment of middle) {
    const found = find(segment, text, at);
    if (!found) return false;
    at = found.end;
  }
  if (typeof last !== "string") return find(last, text, at) !== undefined;
  return text.length - last.length >= at && text.endsWith(last);
}

function find(segment: Segment, text: string, from: number): { start: number; end: number } | undefined {
  if (typeof segment === "string") {
    const start = text.indexOf(segment, from);
    return start < 0 ? undefined : { start, end: start + segment.length };
  }
  segment.lastIndex = from;
  const found = segment.exec(text);
  return found ? { start: found.index, end: segment.lastIndex } : undefined;
}

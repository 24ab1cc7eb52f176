const compiled = new Map<string, RegExp>();

/** `*` is any run of characters, `?` any one; everything else is itself. */
export function compileWildcard(pattern: string, ignoreCase = false): RegExp {
  const name = `${ignoreCase ? "i" : "s"}${pattern}`;
  const known = compiled.get(name);
  if (known) return known;
  const source = pattern
    .replace(/\*+/g, "*")
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^]*")
    .replaceAll("?", "[^]");
  const expression = new RegExp(`^${source}$`, ignoreCase ? "iu" : "u");
  if (compiled.size > 1000) compiled.clear();
  compiled.set(name, expression);
  return expression;
}

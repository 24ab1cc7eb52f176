/** `${name}`, `${name, 'default'}` or one of the `SPECIAL` characters. */
export const VARIABLE = /\$\{([^}]+)\}/g;

/** `${*}`, `${?}` and `${$}` are these characters themselves. */
export const SPECIAL = /^[*?$]$/;

/** Parses the text between the braces of a variable. @returns the condition key it names, in lower case */
export function parseVariable(inner: string): { readonly name: string; readonly fallback: string | undefined } {
  const comma = inner.indexOf(",");
  const name = (comma < 0 ? inner : inner.slice(0, comma)).trim().toLowerCase();
  const quoted = comma < 0 ? "" : inner.slice(comma + 1).trim();
  return { name, fallback: /^'([^']*)'$/.exec(quoted)?.[1] };
}

/** The condition keys that variables of a text name. */
export function variablesIn(text: string): string[] {
  const inners = [...text.matchAll(VARIABLE)].map((found) => found[1] ?? "");
  return inners.filter((inner) => !SPECIAL.test(inner)).map((inner) => parseVariable(inner).name);
}

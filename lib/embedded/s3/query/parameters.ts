import { QueryError } from "./errors";

/** What a parameter may be. */
export interface Rule {
  readonly min: number;
  /** In characters. */
  readonly max: number;
  readonly pattern: RegExp;
}

/** Parameters of an action, checked and rejected as by AWS. */
export class Parameters {
  constructor(private readonly values: ReadonlyMap<string, string>) {}

  /** @throws QueryError NotImplemented for a parameter the action does not take */
  assertOnly(known: readonly string[]): void {
    for (const name of this.values.keys()) {
      if (name === "Action" || name === "Version" || name.startsWith("X-Amz-") || known.includes(name)) continue;
      if (known.includes(name.replace(/\.\d+\./g, ".N."))) continue;
      throw new QueryError("NotImplemented", `The parameter ${name} is not implemented for this action.`);
    }
  }

  /** @throws QueryError ValidationError */
  optional(name: string, { min, max, pattern }: Rule): string | undefined {
    const value = this.values.get(name);
    if (value === undefined) return undefined;
    if (value.length < min) throw invalid(name, value, `Member must have length greater than or equal to ${min}`);
    if (value.length > max) throw invalid(name, value, `Member must have length less than or equal to ${max}`);
    if (pattern.test(value)) return value;
    throw invalid(name, value, `Member must satisfy regular expression pattern: ${pattern.source}`);
  }

  /** @throws QueryError ValidationError */
  required(name: string, rule: Rule): string {
    const value = this.optional(name, rule);
    if (value !== undefined) return value;
    throw validationError(`Value null at '${member(name)}' failed to satisfy constraint: Member must not be null`);
  }

  /** A map, given as `<name>.entry.1.key`, `<name>.entry.1.value`, … @throws QueryError ValidationError */
  map(name: string): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (let n = 1; ; n++) {
      const [key, value] = [this.values.get(`${name}.entry.${n}.key`), this.values.get(`${name}.entry.${n}.value`)];
      if (key === undefined || value === undefined) break;
      found.set(key, value);
    }
    const given = [...this.values.keys()].filter((parameter) => parameter.startsWith(`${name}.entry.`));
    if (given.length === found.size * 2) return found;
    throw validationError(`'${member(name)}' must be entries 1, 2, … of a key and a value each, no key twice`);
  }

  /** A whole number. @throws QueryError ValidationError */
  number(name: string, fallback: number, range: { readonly least: number; readonly most: number }): number {
    const value = this.values.get(name);
    if (value === undefined) return fallback;
    const { least, most } = range;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (Number.isNaN(number)) throw invalid(name, value, "Member must be an integer");
    if (number < least) throw invalid(name, value, `Member must have value greater than or equal to ${least}`);
    if (number > most) throw invalid(name, value, `Member must have value less than or equal to ${most}`);
    return number;
  }
}

function invalid(name: string, value: string, constraint: string): QueryError {
  return validationError(`Value '${value}' at '${member(name)}' failed to satisfy constraint: ${constraint}`);
}

function validationError(reason: string): QueryError {
  return new QueryError("ValidationError", `1 validation error detected: ${reason}`);
}

function member(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

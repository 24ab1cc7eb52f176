/** Returns the value of a variable that playwright.config.ts sets. Throws Error where it is missing. */
export function requiredEnv(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: playwright.config.ts sets it`);
  return value;
}

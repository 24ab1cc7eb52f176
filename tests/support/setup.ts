// Runs before each test file. The files of one worker share its process and the packages loaded into it. Our own modules are
// evaluated anew for each file, because they read the environment once. The environment is reset, and so are timers, globals and
// mocks that the file before replaced.
import { AsyncLocalStorage } from "node:async_hooks";
import fc from "fast-check";
import { vi } from "vitest";
import { formNumber } from "./forms.mjs";

const kept = globalThis as typeof globalThis & {
  atollTestEnv?: Map<string, string | undefined>;
  AsyncLocalStorage?: typeof AsyncLocalStorage;
};
// As Next's server sets it before it loads its modules (tests/support/request-scope.ts).
kept.AsyncLocalStorage ??= AsyncLocalStorage;
kept.atollTestEnv ??= new Map(Object.entries(process.env));
const isOwn = (name: string) => !name.startsWith("VITEST");
for (const name of Object.keys(process.env).filter(isOwn)) delete process.env[name];
for (const [name, value] of kept.atollTestEnv) if (isOwn(name)) process.env[name] = value;
vi.useRealTimers();
vi.unstubAllGlobals();
vi.restoreAllMocks();
vi.resetModules();
fc.configureGlobal({ seed: formNumber("ATOLL_TEST_SEED") });

export declare const root: string;
export declare const storeNodeFlags: readonly string[];
export declare const typescriptEnv: Record<string, string>;
export declare function typescriptArgs(file: string, args: string[], options?: { serverOnly?: boolean }): string[];
export declare function nodeProblem(version?: string): string | null;

export function makeOnce(lock: string, isMade: () => boolean, make: () => Promise<void>): Promise<void>;
export declare function ensureClient(): Promise<void>;

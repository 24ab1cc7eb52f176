export declare function testEnv(): Record<string, string>;

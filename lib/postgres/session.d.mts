type Client = { query(text: string): Promise<{ rows: unknown[] }> };

export declare function prepareSession(client: Client): Promise<void>;
export declare function requireUtc(client: Client): Promise<void>;

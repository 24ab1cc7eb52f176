import { z } from "zod";

const part = z.enum(["ok", "down"]);

const health = z.object({ status: part, database: part, storage: part, queue: part });
export type Health = z.infer<typeof health>;

// Starts the embedded PostgreSQL in argv[2] and holds it until it is killed.
import { startPostgres } from "@/lib/embedded/postgres";

const { url } = await startPostgres({ dataDir: process.argv[2] ?? "" });
process.send?.({ url });
setInterval(() => undefined, 60_000);

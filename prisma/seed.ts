// Creates the demo account and its collections. Run by `prisma db seed` and by the first `atoll up`.
import { seedDemo } from "@/lib/cli/demo/seed";
import { env } from "@/lib/env";

const { ATOLL_DEMO_PASSWORD: password } = env();
if (!password) throw new Error("ATOLL_DEMO_PASSWORD is missing: choose the demo account's password");
await seedDemo(password);

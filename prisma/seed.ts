// `prisma db seed`, and what `atoll up` runs the first time: the demo account and its collections.
import { seedDemo } from "@/lib/cli/demo/seed";
import { env } from "@/lib/env";

const { ATOLL_DEMO_PASSWORD: password } = env();
if (!password) throw new Error("ATOLL_DEMO_PASSWORD is missing: choose the demo account's password");
await seedDemo(password);

import { openApiAnswer } from "@/lib/api/openapi-answer";

// It names the running site's address, so it cannot be rendered at build time.
export const dynamic = "force-dynamic";

export const GET = openApiAnswer;

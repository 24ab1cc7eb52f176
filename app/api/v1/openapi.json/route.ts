import { openApiAnswer } from "@/lib/api/openapi-answer";
import { routesOf } from "@/lib/api/serve";

// It names the running site's address, so it cannot be rendered at build time.
export const dynamic = "force-dynamic";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({ GET: openApiAnswer });

import { mintAnonymousViewer } from "@/lib/auth/viewer";
import { health } from "@/lib/health/queries";
import { json, route } from "@/lib/http";

export const dynamic = "force-dynamic";

export const GET = route(async () => {
  const answer = await health(mintAnonymousViewer());
  return json(answer, answer.status === "ok" ? 200 : 503);
});

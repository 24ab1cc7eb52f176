import { mintAnonymousViewer } from "@/lib/auth/viewer";
import { route } from "@/lib/http";
import { receiptKey } from "@/lib/upload/receipt/queries";

// The key is derived from the running site's secret, so it cannot be rendered at build time.
export const dynamic = "force-dynamic";

export const GET = route(async () => {
  const pem = await receiptKey(mintAnonymousViewer());
  return new Response(pem, { headers: { "content-type": "application/x-pem-file", "cache-control": "no-cache" } });
});

import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { receiptKey } from "@/lib/upload/receipt/queries";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.getReceiptKey, async ({ viewer }) => {
    const headers = { "content-type": "application/x-pem-file", "cache-control": "no-cache" };
    return new Response(await receiptKey(viewer), { headers });
  }),
});

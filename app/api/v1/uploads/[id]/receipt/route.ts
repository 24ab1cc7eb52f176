import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { stream } from "@/lib/http";
import { uploadReceipt } from "@/lib/upload/receipt/queries";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.getReceipt, async ({ viewer, params, query }) =>
    stream(await uploadReceipt(viewer, params.id, query.format)),
  ),
});

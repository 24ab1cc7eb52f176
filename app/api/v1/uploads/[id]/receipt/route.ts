import { parseInput } from "@/lib/action";
import { signedIn, viewerOf } from "@/lib/auth/session";
import { route, stream } from "@/lib/http";
import { uploadReceipt } from "@/lib/upload/receipt/queries";
import { receiptFormat } from "@/lib/upload/receipt/schema";

export const GET = route(async (request, { params }: { params: Promise<{ id: string }> }) => {
  const { id } = await params;
  const format = parseInput(receiptFormat, new URL(request.url).searchParams.get("format") ?? undefined);
  return stream(await uploadReceipt(signedIn(await viewerOf(request)), id, format));
});

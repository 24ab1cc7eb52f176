"use client";

import { Failure } from "@/components/ui/message/failure";

export default function ErrorPage({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <main className="grid min-h-dvh place-items-center">
      <title>Something went wrong · Atoll</title>
      <Failure error={error} retry={retry} />
    </main>
  );
}

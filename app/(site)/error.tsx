"use client";

import { Failure } from "@/components/ui/message/failure";

export default function SiteErrorPage({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <>
      <title>Something went wrong · Atoll</title>
      <Failure error={error} retry={retry} />
    </>
  );
}

"use client";

import { Failure } from "@/components/ui/failure";
import "./globals.css";

/** Shown when even the root layout failed: its own document, in the system's colours. */
export default function GlobalErrorPage({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <html lang="en">
      <body>
        <title>Something went wrong · Atoll</title>
        <main className="grid min-h-dvh place-items-center">
          <Failure error={error} retry={retry} />
        </main>
      </body>
    </html>
  );
}

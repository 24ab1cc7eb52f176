"use client";

import { Failure } from "@/components/ui/message/failure";
import "./globals.css";

/** Renders when the root layout fails. It replaces the layout, so it brings its own document and the system's theme. */
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

"use client";

import { useEffect, useRef } from "react";
import { Button } from "./button";
import { StormArt } from "./empty-art";
import { EmptyState } from "./empty-state";
import { digestOf, unavailableDigest } from "./failure-digest";

/** What happened, what is safe, what to do: for any page that could not be shown. */
export function Failure({ error, retry }: { error: unknown; retry: () => void }) {
  const digest = digestOf(error);
  const passing = digest === unavailableDigest;
  const region = useRef<HTMLDivElement>(null);
  useEffect(() => region.current?.focus(), []);
  return (
    <div ref={region} tabIndex={-1} role="alert" className="outline-none">
      <EmptyState
        level={1}
        art={<StormArt />}
        title={passing ? "Atoll cannot reach its database right now" : "Something went wrong on our side"}
        actions={
          <>
            <Button variant="primary" onClick={retry}>
              Try again
            </Button>
            <a href="/" className="inline-flex h-10 items-center rounded-xl px-4 font-medium text-sm hover:bg-raised">
              Go to the start
            </a>
          </>
        }
      >
        <p>
          {passing
            ? "This usually passes within seconds. Your media and everything saved are safe; an upload that is running keeps trying by itself."
            : "This page could not be shown. Your media and everything saved are safe. Try again; if it happens again, tell whoever runs this site."}
        </p>
        {digest && !passing && <p className="mt-3 font-mono text-xs">Reference {digest}</p>}
      </EmptyState>
    </div>
  );
}

"use client";

import { useEffect, useRef } from "react";
import { StormArt } from "../art/empty-art";
import { Button } from "../button";
import { EmptyState } from "./empty-state";
import { digestOf, unavailableDigest } from "./failure-digest";

/** Shows a page's error: what happened, what is safe, what to do. */
export function Failure({ error, retry }: { error: unknown; retry: () => void }) {
  const digest = digestOf(error);
  const temporary = digest === unavailableDigest;
  const region = useRef<HTMLDivElement>(null);
  useEffect(() => region.current?.focus(), []);
  return (
    <div ref={region} tabIndex={-1} role="alert" className="outline-none">
      <EmptyState
        level={1}
        art={<StormArt />}
        title={temporary ? "Atoll cannot reach its database right now" : "Something went wrong"}
        actions={
          <>
            <Button variant="primary" onClick={retry}>
              Try again
            </Button>
            <a href="/" className="inline-flex h-10 items-center rounded-xl px-4 font-medium text-sm hover:bg-raised">
              Go to the home page
            </a>
          </>
        }
      >
        <p>
          {temporary
            ? "This usually lasts a few seconds. Your media and saved changes are safe, and running uploads retry automatically."
            : "This page could not be displayed. Your media and saved changes are safe. Try again. If it keeps failing, tell the site's administrator."}
        </p>
        {digest && !temporary && <p className="mt-3 font-mono text-xs">Reference {digest}</p>}
      </EmptyState>
    </div>
  );
}

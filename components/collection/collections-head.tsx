import type { ReactNode } from "react";

export function CollectionsHead({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-10 flex-wrap items-center justify-between gap-4 pt-10 pb-8">
      <h1 className="font-semibold text-2xl sm:text-3xl">Collections</h1>
      {children}
    </div>
  );
}

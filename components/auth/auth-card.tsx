import type { ReactNode } from "react";

type AuthCardProps = { title: string; lead: ReactNode; children: ReactNode; foot: ReactNode };

export function AuthCard({ title, lead, children, foot }: AuthCardProps) {
  return (
    <div className="w-full max-w-sm">
      <h1 className="font-semibold text-3xl tracking-tight">{title}</h1>
      <p className="mt-2 text-muted">{lead}</p>
      <div className="mt-8 grid gap-6">{children}</div>
      <p className="mt-8 text-muted text-sm">{foot}</p>
    </div>
  );
}

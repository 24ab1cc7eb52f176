import type { ReactNode } from "react";
import { Card } from "@/components/ui/card";

type AccountSectionProps = { id: string; title: string; lead?: ReactNode; children: ReactNode };

/** A part of the account page: a heading, what it is about, and a card. The heading can take the focus. */
export function AccountSection({ id, title, lead, children }: AccountSectionProps) {
  return (
    <section aria-labelledby={id} className="grid gap-4">
      <div>
        <h2 id={id} tabIndex={-1} className="font-semibold text-lg outline-none">
          {title}
        </h2>
        {lead && <p className="mt-1 text-muted text-sm">{lead}</p>}
      </div>
      <Card>{children}</Card>
    </section>
  );
}

import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "../cn";

const tones = {
  info: { icon: Info, classes: "bg-raised text-ink [&>svg]:text-muted" },
  ok: { icon: CircleCheck, classes: "bg-ok-soft text-ink [&>svg]:text-ok" },
  warn: { icon: TriangleAlert, classes: "bg-warn-soft text-ink [&>svg]:text-warn" },
  danger: { icon: CircleAlert, classes: "bg-danger-soft text-ink [&>svg]:text-danger" },
} as const;

type NoticeProps = {
  tone?: keyof typeof tones;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  className?: string;
};

/** Shows a message in the page. Wrap it in a live region (`role="alert"` or `status`) when it appears after the page. */
export function Notice({ tone = "info", title, children, actions, className }: NoticeProps) {
  const { icon: Icon, classes } = tones[tone];
  return (
    <div className={cn("flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl px-4 py-3 text-sm", classes, className)}>
      <Icon aria-hidden className="size-4.5 shrink-0 self-start mt-px" />
      <div className="min-w-0 flex-1 basis-56">
        {title && <p className="font-medium">{title}</p>}
        {children && <div className={cn(title ? "text-muted" : undefined)}>{children}</div>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}

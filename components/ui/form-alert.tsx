import { CircleAlert } from "lucide-react";

/** The place where a form says what went wrong; always there, so that a screen reader hears the change. */
export function FormAlert({ message }: { message: string | null }) {
  return (
    <div role="alert" className="empty:hidden">
      {message && (
        <p className="flex gap-2.5 rounded-xl bg-danger-soft px-4 py-3 text-sm">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-danger" />
          {message}
        </p>
      )}
    </div>
  );
}

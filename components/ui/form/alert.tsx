import { CircleAlert } from "lucide-react";

/** Shows a form's error. Always rendered, because screen readers announce only changes of an existing live region. */
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

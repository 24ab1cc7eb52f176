import { CircleAlert } from "lucide-react";
import { useId } from "react";
import { type Scope, scopes } from "@/lib/auth/token/policy";
import { scopeDetails } from "./scope-details";

type ScopePickerProps = {
  chosen: readonly Scope[];
  error: string | undefined;
  onChange: (chosen: readonly Scope[]) => void;
};

export function ScopePicker({ chosen, error, onChange }: ScopePickerProps) {
  const id = useId();
  const toggle = (scope: Scope) =>
    onChange(chosen.includes(scope) ? chosen.filter((one) => one !== scope) : [...chosen, scope]);
  return (
    <fieldset className="grid gap-2" {...(error ? { "aria-describedby": `${id}-error` } : {})}>
      <legend className="mb-1.5 font-medium text-sm">It may</legend>
      {scopes.map((scope) => (
        <label
          key={scope}
          className="flex cursor-pointer gap-3.5 rounded-xl border border-line p-3.5 transition-colors hover:bg-raised has-checked:border-accent has-checked:bg-accent-soft"
        >
          <input
            type="checkbox"
            checked={chosen.includes(scope)}
            onChange={() => toggle(scope)}
            aria-label={scopeDetails[scope].name}
            aria-describedby={`${id}-${scope}`}
            className="mt-0.5 size-4.5 shrink-0 accent-accent"
          />
          <span>
            <span className="block font-medium text-sm">{scopeDetails[scope].name}</span>
            <span id={`${id}-${scope}`} className="mt-0.5 block text-muted text-sm">
              {scopeDetails[scope].meaning}
            </span>
          </span>
        </label>
      ))}
      {error && (
        <p id={`${id}-error`} className="flex items-start gap-1.5 text-danger text-sm">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {error}
        </p>
      )}
    </fieldset>
  );
}

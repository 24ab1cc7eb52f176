"use client";

import { type FormEvent, useRef, useState, useTransition } from "react";
import { Button } from "@/components/ui/button";
import { FormAlert } from "@/components/ui/form/alert";
import { Field } from "@/components/ui/form/field";
import { PasswordInput } from "@/components/ui/form/password-input";
import { formatCount } from "@/components/ui/format";
import type { ActionError } from "@/lib/action";
import { passwordPolicy } from "@/lib/auth/policy";
import { changePasswordAction } from "@/lib/user/actions";

const names = ["currentPassword", "newPassword"] as const;

/** Changes the password of the account. `email` is for password managers, which store both together. */
export function PasswordForm({ email }: { email: string }) {
  const form = useRef<HTMLFormElement>(null);
  const [failure, setFailure] = useState<Pick<ActionError, "message" | "issues"> | null>(null);
  const [done, setDone] = useState("");
  const [pending, startTransition] = useTransition();
  const issueOf = (path: string) => failure?.issues.find((issue) => issue.path === path)?.message;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const [currentPassword = "", newPassword = ""] = names.map((name) => String(data.get(name)));
    startTransition(async () => {
      const changed = await changePasswordAction({ currentPassword, newPassword }).catch(() => null);
      setFailure(changed ? (changed.ok ? null : changed.error) : unreachable);
      setDone(changed?.ok ? doneText(changed.value.ended) : "");
      if (changed?.ok) return form.current?.reset();
      const wrong = names.find((name) => changed?.error.issues.some(({ path }) => path === name));
      const field = form.current?.elements.namedItem(wrong ?? names[0]);
      if (field instanceof HTMLElement) field.focus();
    });
  }

  return (
    <form ref={form} method="post" onSubmit={submit} className="grid gap-5 p-5">
      <FormAlert message={failure && failure.issues.length === 0 ? failure.message : null} />
      <input hidden readOnly name="username" autoComplete="username" value={email} />
      <Field label="Current password" error={issueOf("currentPassword")}>
        {(control) => <PasswordInput {...control} name="currentPassword" required autoComplete="current-password" />}
      </Field>
      <Field
        label="New password"
        hint={`At least ${passwordPolicy.minCharacters} characters. Several words work well.`}
        error={issueOf("newPassword")}
      >
        {(control) => <PasswordInput {...control} name="newPassword" required autoComplete="new-password" />}
      </Field>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button type="submit" variant="primary" pending={pending}>
          Change password
        </Button>
        <p role="status" className="text-ok text-sm">
          {done}
        </p>
      </div>
    </form>
  );
}

const unreachable = { message: "The site could not be reached. Check your connection and try again.", issues: [] };

function doneText(ended: number): string {
  return ended === 0 ? "Password changed." : `Password changed. ${formatCount(ended, "other session")} signed out.`;
}

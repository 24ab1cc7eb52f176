"use client";

import { signIn } from "next-auth/react";
import { type FormEvent, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAlert } from "@/components/ui/form-alert";
import { Input } from "@/components/ui/input";
import { PasswordInput } from "@/components/ui/password-input";
import type { ActionError } from "@/lib/action";
import { signUpAction } from "@/lib/auth/actions";
import { passwordPolicy } from "@/lib/auth/policy";
import { routes } from "@/lib/routes";

type Failure = Pick<ActionError, "message" | "issues">;

const unreachable: Failure = {
  message: "The site could not be reached. Check your connection and try again.",
  issues: [],
};

export function SignUpForm({ next }: { next: string }) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const [pending, setPending] = useState(false);
  const formElement = useRef<HTMLFormElement>(null);
  const issueOf = (path: string) => failure?.issues.find((issue) => issue.path === path)?.message;

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setPending(true);
    setFailure(null);
    const failed = await attempt(String(form.get("email")), String(form.get("name")), String(form.get("password")));
    if (failed === null) return window.location.assign(next);
    setFailure(failed);
    setPending(false);
    const first = formElement.current?.elements.namedItem(failed.issues[0]?.path ?? "email");
    if (first instanceof HTMLElement) first.focus();
  }

  return (
    <form ref={formElement} method="post" onSubmit={submit} className="grid gap-5">
      <FormAlert message={failure && failure.issues.length === 0 ? failure.message : null} />
      <Field label="Name" hint="Shown to others in collections you share." error={issueOf("name")}>
        {(control) => <Input {...control} name="name" autoComplete="name" maxLength={120} />}
      </Field>
      <Field label="E-mail" error={issueOf("email")}>
        {(control) => (
          <Input {...control} name="email" type="email" required autoComplete="username" autoCapitalize="none" />
        )}
      </Field>
      <Field
        label="Password"
        hint={`At least ${passwordPolicy.minCharacters} characters. Several words work well.`}
        error={issueOf("password")}
      >
        {(control) => <PasswordInput {...control} name="password" required autoComplete="new-password" />}
      </Field>
      <Button type="submit" variant="primary" size="lg" pending={pending}>
        Create account
      </Button>
    </form>
  );
}

/** Creates the account and signs in. Returns null on success. */
async function attempt(email: string, name: string, password: string): Promise<Failure | null> {
  try {
    const made = await signUpAction({ email, name, password });
    if (!made.ok) return made.error;
    const answer = await signIn("credentials", { email, password, redirect: false });
    // The account was created, so let the user sign in by hand.
    if (!answer?.ok || answer.error) window.location.assign(routes.signIn());
    return null;
  } catch {
    return unreachable;
  }
}

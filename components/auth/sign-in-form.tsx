"use client";

import { signIn } from "next-auth/react";
import { type FormEvent, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { FormAlert } from "@/components/ui/form/alert";
import { Field } from "@/components/ui/form/field";
import { Input } from "@/components/ui/form/input";
import { PasswordInput } from "@/components/ui/form/password-input";
import { signInMessage } from "@/lib/auth/policy";

type SignInFormProps = { next: string; initialError: string | null };

export function SignInForm({ next, initialError }: SignInFormProps) {
  const [error, setError] = useState(initialError);
  const [pending, setPending] = useState(false);
  const password = useRef<HTMLInputElement>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setPending(true);
    setError(null);
    const failure = await attempt(String(form.get("email")), String(form.get("password")));
    if (failure === null) return window.location.assign(next); // A full page load drops all state of the signed-out page.
    setError(failure);
    setPending(false);
    password.current?.focus();
    password.current?.select();
  }

  return (
    // "post": if the form is submitted before hydration, the password must not end up in the URL.
    <form method="post" onSubmit={submit} className="grid gap-5">
      <FormAlert message={error} />
      <Field label="E-mail">
        {(control) => (
          <Input {...control} name="email" type="email" required autoComplete="username" autoCapitalize="none" />
        )}
      </Field>
      <Field label="Password">
        {(control) => (
          <PasswordInput {...control} ref={password} name="password" required autoComplete="current-password" />
        )}
      </Field>
      <Button type="submit" variant="primary" size="lg" pending={pending}>
        Sign in
      </Button>
    </form>
  );
}

/** Signs in. Returns null on success, else the message to show. */
async function attempt(email: string, password: string): Promise<string | null> {
  try {
    const answer = await signIn("credentials", { email, password, redirect: false });
    if (answer?.ok && !answer.error) return null;
    return signInMessage(answer?.error ?? "");
  } catch {
    return "The site could not be reached. Check your connection and try again.";
  }
}

"use client";

import { signIn } from "next-auth/react";
import { type FormEvent, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { FormAlert } from "@/components/ui/form/alert";
import { Field } from "@/components/ui/form/field";
import { Input } from "@/components/ui/form/input";
import { PasswordInput } from "@/components/ui/form/password-input";
import type { ActionError } from "@/lib/action";
import { signUpAction } from "@/lib/auth/actions";
import { passwordPolicy } from "@/lib/auth/policy";
import { routes } from "@/lib/routes";
import { EmailField } from "./email-field";

type Failure = Pick<ActionError, "message" | "issues">;

const unreachable: Failure = {
  message: "The site could not be reached. Check your connection and try again.",
  issues: [],
};

type SignUpFormProps = {
  next: string;
  /** The address that the account gets; null where the person names it. */
  email: string | null;
  invitation?: string | undefined;
};

export function SignUpForm({ next, email, invitation }: SignUpFormProps) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const [pending, setPending] = useState(false);
  const formElement = useRef<HTMLFormElement>(null);
  const issueOf = (path: string) => failure?.issues.find((issue) => issue.path === path)?.message;

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setPending(true);
    setFailure(null);
    const text = (name: string) => String(form.get(name));
    const wish = { email: text("email"), name: text("name"), password: text("password"), invitation };
    const failed = await attempt(wish, next);
    if (failed === null) return;
    setFailure(failed);
    setPending(false);
    const first = formElement.current?.elements.namedItem(failed.issues[0]?.path ?? "email");
    if (first instanceof HTMLElement) first.focus();
  }

  return (
    <form ref={formElement} method="post" onSubmit={submit} className="grid gap-5">
      {/* An issue of a field is shown at the field, if the form has it. */}
      <FormAlert message={failure && !failure.issues.some(({ path }) => fields.has(path)) ? failure.message : null} />
      <Field label="Name" hint="Shown to others in collections you share." error={issueOf("name")}>
        {(control) => <Input {...control} name="name" autoComplete="name" maxLength={120} />}
      </Field>
      <EmailField email={email} error={issueOf("email")} />
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

const fields = new Set(["name", "email", "password"]);

type Wish = { email: string; name: string; password: string; invitation: string | undefined };

/** Creates the account, signs in and leaves the page. Returns the failure when there is one to show. */
async function attempt({ email, name, password, invitation }: Wish, next: string): Promise<Failure | null> {
  try {
    const made = await signUpAction({ email, name, password, invitation });
    if (!made.ok) return made.error;
    const answer = await signIn("credentials", { email, password, redirect: false });
    // Nothing tells whether the address had an account before: the password decides.
    window.location.assign(answer?.ok && !answer.error ? next : routes.signedUp());
    return null;
  } catch {
    return unreachable;
  }
}

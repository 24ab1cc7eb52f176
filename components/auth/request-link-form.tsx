"use client";

import { MailCheck } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { FormAlert } from "@/components/ui/form/alert";
import { reached } from "@/components/ui/reached";
import { requestInvitationAction } from "@/lib/auth/actions";
import { EmailField } from "./email-field";

type RequestLinkFormProps = { email: string | null; invitation?: string | undefined };

/** Has a link mailed to an address. Says the same for every address: whether it has an account is told by the mail alone. */
export function RequestLinkForm({ email, invitation }: RequestLinkFormProps) {
  const [sentTo, setSentTo] = useState<string | null>(null);
  const [failure, setFailure] = useState<{ message: string; isOfField: boolean } | null>(null);
  const [pending, setPending] = useState(false);
  const sent = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (sentTo !== null) sent.current?.focus();
  }, [sentTo]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const address = String(new FormData(event.currentTarget).get("email"));
    setPending(true);
    setFailure(null);
    const answer = await reached(requestInvitationAction({ email: address, invitation }));
    setPending(false);
    if (answer.ok) setSentTo(address);
    else setFailure({ message: answer.error.message, isOfField: answer.error.issues.length > 0 });
  }

  if (sentTo !== null) {
    return (
      <div ref={sent} tabIndex={-1} role="status" className="grid gap-4 rounded-xl bg-raised p-5 outline-none">
        <p className="flex items-center gap-2.5 font-medium">
          <MailCheck aria-hidden className="size-5 text-accent" />
          Check your mail
        </p>
        <p className="text-muted text-sm leading-relaxed">
          A message to <span className="font-medium text-ink [overflow-wrap:anywhere]">{sentTo}</span> is on its way. It
          says what to do next, and until when its link works. Nothing after a few minutes? Look under spam.
        </p>
        {email === null && (
          <Button onClick={() => setSentTo(null)} className="justify-self-start">
            Use another address
          </Button>
        )}
      </div>
    );
  }
  return (
    <form method="post" onSubmit={submit} className="grid gap-5">
      <FormAlert message={failure && !failure.isOfField ? failure.message : null} />
      <EmailField email={email} error={failure?.isOfField ? failure.message : undefined} />
      <Button type="submit" variant="primary" size="lg" pending={pending}>
        Send link
      </Button>
    </form>
  );
}

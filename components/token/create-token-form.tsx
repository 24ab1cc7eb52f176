"use client";

import { type FormEvent, useRef, useState, useTransition } from "react";
import { Button, buttonClass } from "@/components/ui/button";
import { FormAlert } from "@/components/ui/form/alert";
import { Field } from "@/components/ui/form/field";
import { Input } from "@/components/ui/form/input";
import { Select } from "@/components/ui/form/select";
import { DialogClose } from "@/components/ui/overlay/dialog";
import { reached } from "@/components/ui/reached";
import type { ActionError } from "@/lib/action";
import { type Scope, scopes, tokenPolicy } from "@/lib/auth/token/policy";
import { createTokenAction } from "@/lib/token/actions";
import { ScopePicker } from "./scope-picker";

const daySeconds = 24 * 60 * 60;
/** In days; 0 is never. */
const lives = [
  [30, "30 days"],
  [90, "90 days"],
  [365, "A year"],
  [0, "Never"],
] as const;

type CreateTokenFormProps = {
  collections: { slug: string; name: string }[];
  onCreated: (text: string) => void;
};

export function CreateTokenForm({ collections, onCreated }: CreateTokenFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [chosen, setChosen] = useState<readonly Scope[]>(["upload"]);
  const [failure, setFailure] = useState<Pick<ActionError, "message" | "issues"> | null>(null);
  const [pending, startTransition] = useTransition();
  const issueOf = (path: string) => failure?.issues.find((issue) => issue.path === path)?.message;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const collection = String(data.get("collection"));
    const days = Number(data.get("days"));
    startTransition(async () => {
      const input = {
        name: String(data.get("name")),
        scopes: scopes.filter((scope) => chosen.includes(scope)),
        ...(collection ? { collection } : {}),
        ...(days > 0 ? { expiresAt: new Date(Date.now() + days * daySeconds * 1_000).toISOString() } : {}),
      };
      const created = await reached(createTokenAction(input));
      if (!created.ok) setFailure(created.error);
      else if (created.value.token) return onCreated(created.value.token);
      const field = form.current?.elements.namedItem("name");
      if (field instanceof HTMLElement) field.focus();
    });
  }

  return (
    <form ref={form} onSubmit={submit} className="grid gap-5">
      <FormAlert message={failure && failure.issues.length === 0 ? failure.message : null} />
      <Field label="Name" hint="What uses it, so that you know it again." error={issueOf("name")}>
        {(control) => (
          <Input
            {...control}
            name="name"
            required
            maxLength={tokenPolicy.maxNameCharacters}
            autoComplete="off"
            placeholder="CI of the docs"
          />
        )}
      </Field>
      <ScopePicker chosen={chosen} error={issueOf("scopes")} onChange={setChosen} />
      <div className="grid gap-5 sm:grid-cols-2">
        <Field label="Collection" error={issueOf("collection")}>
          {(control) => (
            <Select {...control} name="collection">
              <option value="">All of mine</option>
              {collections.map(({ slug, name }) => (
                <option key={slug} value={slug}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Expires after" error={issueOf("expiresAt")}>
          {(control) => (
            <Select {...control} name="days" defaultValue="90">
              {lives.map(([days, text]) => (
                <option key={days} value={days}>
                  {text}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <div className="flex justify-end gap-3">
        <DialogClose className={buttonClass()}>Cancel</DialogClose>
        <Button type="submit" variant="primary" pending={pending} disabled={chosen.length === 0}>
          Create token
        </Button>
      </div>
    </form>
  );
}

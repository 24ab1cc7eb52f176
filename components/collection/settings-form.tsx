"use client";

import { type FormEvent, useState, useTransition } from "react";
import { Button } from "@/components/ui/button";
import { FormAlert } from "@/components/ui/form/alert";
import type { ActionError } from "@/lib/action";
import { updateCollectionAction } from "@/lib/collection/actions";
import { type CollectionDraft, CollectionFields } from "./collection-fields";

export function SettingsForm({ slug, initial }: { slug: string; initial: CollectionDraft }) {
  const [draft, setDraft] = useState(initial);
  const [saved, setSaved] = useState(false);
  const [error, setError] = useState<ActionError | null>(null);
  const [pending, startTransition] = useTransition();

  function submit(event: FormEvent) {
    event.preventDefault();
    startTransition(async () => {
      const updated = await updateCollectionAction(slug, draft);
      setError(updated.ok ? null : updated.error);
      setSaved(updated.ok);
    });
  }

  return (
    <form onSubmit={submit} className="grid gap-6">
      <FormAlert message={error && error.issues.length === 0 ? error.message : null} />
      <CollectionFields
        draft={draft}
        issues={error?.issues ?? []}
        onChange={(changed) => {
          setDraft(changed);
          setSaved(false);
        }}
      />
      <div className="flex items-center gap-4">
        <Button type="submit" variant="primary" pending={pending}>
          Save changes
        </Button>
        <p role="status" className="text-ok text-sm">
          {saved && "Saved."}
        </p>
      </div>
    </form>
  );
}

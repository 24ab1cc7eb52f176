"use client";

import { Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useState, useTransition } from "react";
import { Button, buttonClass } from "@/components/ui/button";
import { FormAlert } from "@/components/ui/form/alert";
import { Dialog, DialogClose, DialogContent, DialogTrigger } from "@/components/ui/overlay/dialog";
import type { ActionError } from "@/lib/action";
import { createCollectionAction } from "@/lib/collection/actions";
import { routes } from "@/lib/routes";
import { type CollectionDraft, CollectionFields } from "./collection-fields";

const blank: CollectionDraft = { name: "", description: "", visibility: "private" };

export function CreateCollection() {
  return (
    <Dialog>
      <DialogTrigger className={buttonClass({ variant: "primary" })}>
        <Plus aria-hidden />
        New collection
      </DialogTrigger>
      <DialogContent title="New collection" description="A collection holds related media and has its own members.">
        <CreateForm />
      </DialogContent>
    </Dialog>
  );
}

function CreateForm() {
  const router = useRouter();
  const [draft, setDraft] = useState(blank);
  const [error, setError] = useState<ActionError | null>(null);
  const [pending, startTransition] = useTransition();

  function submit(event: FormEvent) {
    event.preventDefault();
    startTransition(async () => {
      const created = await createCollectionAction(draft);
      if (created.ok) router.push(routes.collection(created.value.slug));
      else setError(created.error);
    });
  }

  return (
    <form onSubmit={submit} className="grid gap-5">
      <FormAlert message={error && error.issues.length === 0 ? error.message : null} />
      <CollectionFields draft={draft} issues={error?.issues ?? []} onChange={setDraft} />
      <div className="flex justify-end gap-3">
        <DialogClose className={buttonClass()}>Cancel</DialogClose>
        <Button type="submit" variant="primary" pending={pending}>
          Create collection
        </Button>
      </div>
    </form>
  );
}

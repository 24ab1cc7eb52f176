"use client";

import { Field } from "@/components/ui/form/field";
import { Input, Textarea } from "@/components/ui/form/input";
import type { Visibility } from "@/lib/collection/policy";
import type { FieldIssue } from "@/lib/errors";
import { VisibilityPicker } from "./visibility-picker";

export type CollectionDraft = { name: string; description: string; visibility: Visibility };

type CollectionFieldsProps = {
  draft: CollectionDraft;
  issues: readonly FieldIssue[];
  onChange: (draft: CollectionDraft) => void;
};

/** Renders name, description and visibility, for creating a collection and for changing it. */
export function CollectionFields({ draft, issues, onChange }: CollectionFieldsProps) {
  const issueOf = (path: string) => issues.find((issue) => issue.path === path)?.message;
  return (
    <>
      <Field label="Name" error={issueOf("name")}>
        {(control) => (
          <Input
            {...control}
            name="name"
            required
            maxLength={120}
            autoComplete="off"
            placeholder="Reef survey 2026"
            value={draft.name}
            onChange={(event) => onChange({ ...draft, name: event.target.value })}
          />
        )}
      </Field>
      <Field label="Description (optional)" error={issueOf("description")}>
        {(control) => (
          <Textarea
            {...control}
            name="description"
            maxLength={2000}
            rows={3}
            value={draft.description}
            onChange={(event) => onChange({ ...draft, description: event.target.value })}
          />
        )}
      </Field>
      <VisibilityPicker value={draft.visibility} onChange={(visibility) => onChange({ ...draft, visibility })} />
    </>
  );
}

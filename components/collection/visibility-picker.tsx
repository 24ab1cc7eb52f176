"use client";

import { RadioGroup } from "radix-ui";
import { useId } from "react";
import { type Visibility, visibilities } from "@/lib/collection/policy";
import { visibilityDetails } from "./visibility";

type VisibilityPickerProps = { value: Visibility; onChange: (visibility: Visibility) => void };

export function VisibilityPicker({ value, onChange }: VisibilityPickerProps) {
  const id = useId();
  const choose = (chosen: string) => {
    const visibility = visibilities.find((known) => known === chosen);
    if (visibility) onChange(visibility);
  };
  return (
    <div className="grid gap-1.5">
      <p id={id} className="font-medium text-sm">
        Who can see it
      </p>
      <RadioGroup.Root value={value} onValueChange={choose} aria-labelledby={id} className="grid gap-2">
        {visibilities.map((visibility) => {
          const { icon: Icon, name, meaning } = visibilityDetails[visibility];
          return (
            <RadioGroup.Item
              key={visibility}
              value={visibility}
              aria-labelledby={`${id}-${visibility}`}
              aria-describedby={`${id}-${visibility}-meaning`}
              className="group flex gap-3.5 rounded-xl border border-line p-3.5 text-left transition-colors hover:bg-raised data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft"
            >
              <Icon
                aria-hidden
                className="mt-0.5 size-4.5 shrink-0 text-muted group-data-[state=checked]:text-accent"
              />
              <span className="flex-1">
                <span id={`${id}-${visibility}`} className="block font-medium text-sm">
                  {name}
                </span>
                <span id={`${id}-${visibility}-meaning`} className="mt-0.5 block text-muted text-sm">
                  {meaning}
                </span>
              </span>
              <span className="mt-0.5 grid size-4.5 shrink-0 place-items-center rounded-full border border-field group-data-[state=checked]:border-accent">
                <RadioGroup.Indicator className="size-2.5 rounded-full bg-accent" />
              </span>
            </RadioGroup.Item>
          );
        })}
      </RadioGroup.Root>
    </div>
  );
}

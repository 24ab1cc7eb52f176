"use client";

import { Popover as Radix } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "../cn";
import { floatingClass, floatingProps } from "./floating";

export const Popover = Radix.Root;
export const PopoverTrigger = Radix.Trigger;

/** Shows content beside its button while the page stays usable. Needs an `aria-label`. */
export function PopoverContent({ className, ...props }: ComponentProps<typeof Radix.Content>) {
  return (
    <Radix.Portal>
      <Radix.Content
        {...floatingProps}
        {...props}
        className={cn(
          floatingClass,
          "max-h-(--radix-popover-content-available-height) w-96 max-w-[calc(100vw-1.5rem)] overflow-y-auto outline-none",
          className,
        )}
      />
    </Radix.Portal>
  );
}

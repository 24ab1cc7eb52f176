"use client";

import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { buttonClass } from "../button";
import { cn } from "../cn";

export const Dialog = Radix.Root;
export const DialogTrigger = Radix.Trigger;
export const DialogClose = Radix.Close;

type DialogContentProps = {
  title: string;
  description?: ReactNode;
  children: ReactNode;
  className?: string;
};

/** Centred on wide screens, a bottom sheet on phones. Traps the focus and restores it on close. */
export function DialogContent({ title, description, children, className }: DialogContentProps) {
  return (
    <Radix.Portal>
      <Radix.Overlay className="fixed inset-0 z-50 animate-fade bg-shade backdrop-blur-[2px]" />
      <Radix.Content
        {...(description ? {} : { "aria-describedby": undefined })}
        className={cn(
          "fixed inset-x-0 bottom-0 z-50 mx-auto grid max-h-[92dvh] animate-rise gap-5 overflow-y-auto",
          "rounded-t-3xl border border-line bg-surface p-6 shadow-float",
          "sm:inset-x-4 sm:top-1/2 sm:bottom-auto sm:max-w-lg sm:-translate-y-1/2 sm:rounded-3xl",
          className,
        )}
      >
        <div className="pr-10">
          <Radix.Title className="font-semibold text-lg">{title}</Radix.Title>
          {description && <Radix.Description className="mt-1 text-muted text-sm">{description}</Radix.Description>}
        </div>
        {children}
        <Radix.Close
          aria-label="Close"
          className={buttonClass({ variant: "ghost", size: "icon-sm" }, "absolute top-5 right-5")}
        >
          <X aria-hidden />
        </Radix.Close>
      </Radix.Content>
    </Radix.Portal>
  );
}

"use client";

import { Plus } from "lucide-react";
import { useState } from "react";
import { buttonClass } from "@/components/ui/button";
import { Dialog, DialogContent, DialogTrigger } from "@/components/ui/overlay/dialog";
import { CreateTokenForm } from "./create-token-form";
import { NewToken } from "./new-token";

/** `collections`: those a token may be bound to. */
export function CreateToken({ collections }: { collections: { slug: string; name: string }[] }) {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState<string | null>(null);
  const change = (open: boolean) => {
    setOpen(open);
    setText(null);
  };
  return (
    <Dialog open={isOpen} onOpenChange={change}>
      <DialogTrigger className={buttonClass({ variant: "primary" })}>
        <Plus aria-hidden />
        New token
      </DialogTrigger>
      {text === null ? (
        <DialogContent
          title="New token"
          description="For a program that acts for you. It never does more than you may."
        >
          <CreateTokenForm collections={collections} onCreated={setText} />
        </DialogContent>
      ) : (
        <DialogContent title="Copy your token" description="It is shown this once. Atoll keeps only its hash.">
          <NewToken text={text} />
        </DialogContent>
      )}
    </Dialog>
  );
}

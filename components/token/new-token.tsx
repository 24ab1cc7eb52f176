"use client";

import { Check, Copy } from "lucide-react";
import { useRef, useState } from "react";
import { Button, buttonClass } from "@/components/ui/button";
import { Input } from "@/components/ui/form/input";
import { DialogClose } from "@/components/ui/overlay/dialog";

/** Shows a token's text, once. Where the browser does not let a page copy (plain http), it is selected to be copied by hand. */
export function NewToken({ text }: { text: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<boolean | null>(null);

  async function copy() {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      setCopied(false);
    }
  }

  return (
    <div className="grid gap-5">
      <div className="grid gap-3 sm:grid-cols-[1fr_auto]">
        <Input
          ref={field}
          readOnly
          value={text}
          aria-label="Token"
          spellCheck={false}
          autoComplete="off"
          onFocus={(event) => event.target.select()}
          className="font-mono"
        />
        <Button onClick={copy} className="h-11">
          {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
          Copy
        </Button>
      </div>
      <p role="status" className="min-h-5 text-muted text-sm">
        {copied === true && "Copied."}
        {copied === false && "This browser does not let the page copy. The token is selected: copy it by hand."}
      </p>
      <div className="flex justify-end">
        <DialogClose className={buttonClass({ variant: "primary" })}>Done</DialogClose>
      </div>
    </div>
  );
}

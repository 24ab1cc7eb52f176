"use client";

import { KeyRound } from "lucide-react";
import { signIn } from "next-auth/react";
import { useState } from "react";
import { Button } from "@/components/ui/button";

type ProviderButtonsProps = {
  providers: { id: string; name: string }[];
  next: string;
  /** The token with which a new account may be created. */
  invitation?: string | undefined;
};

/** Lists the sign-in providers this site is configured with. Renders nothing without any. */
export function ProviderButtons({ providers, next, invitation }: ProviderButtonsProps) {
  const [chosen, setChosen] = useState<string | null>(null);
  if (providers.length === 0) return null;
  function start(id: string) {
    setChosen(id);
    // Navigates to the provider. An error re-enables the buttons.
    signIn(id, { callbackUrl: next, ...(invitation && { invitation }) }).catch(() => setChosen(null));
  }
  return (
    <div className="grid gap-3">
      {providers.map(({ id, name }) => (
        <Button key={id} size="lg" pending={chosen === id} onClick={() => start(id)}>
          <KeyRound aria-hidden />
          Continue with {name}
        </Button>
      ))}
      <p
        aria-hidden
        className="flex items-center gap-3 text-muted text-xs before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line"
      >
        or
      </p>
    </div>
  );
}

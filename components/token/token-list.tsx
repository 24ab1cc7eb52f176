"use client";

import { useState, useTransition } from "react";
import { FormAlert } from "@/components/ui/form/alert";
import { reached } from "@/components/ui/reached";
import { routes } from "@/lib/routes";
import { revokeTokenAction } from "@/lib/token/actions";
import type { TokenItem } from "@/lib/token/schema";
import { TokenRow } from "./token-row";

/** The user's tokens, each with a button that revokes it. `headingId` names what gets the focus of a row that goes. */
export function TokenList({ tokens, headingId }: { tokens: TokenItem[]; headingId: string }) {
  const [revoking, setRevoking] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [done, setDone] = useState("");
  const [pending, startTransition] = useTransition();

  function revoke({ id, name }: TokenItem) {
    if (pending) return;
    setRevoking(id);
    setDone("");
    startTransition(async () => {
      const revoked = await reached(revokeTokenAction(id));
      if (!revoked.ok && revoked.error.code === "UNAUTHENTICATED")
        return window.location.assign(routes.signIn(routes.tokens()));
      setFailure(revoked.ok ? null : revoked.error.message);
      if (!revoked.ok) return;
      setDone(`Revoked ${name}.`);
      document.getElementById(headingId)?.focus({ preventScroll: true });
    });
  }

  return (
    <>
      <ul className="divide-y divide-line">
        {tokens.map((token) => (
          <TokenRow
            key={token.id}
            token={token}
            pending={pending && revoking === token.id}
            onRevoke={() => revoke(token)}
          />
        ))}
      </ul>
      {failure && (
        <div className="border-line border-t px-5 py-4">
          <FormAlert message={failure} />
        </div>
      )}
      <p role="status" className="sr-only">
        {done}
      </p>
    </>
  );
}

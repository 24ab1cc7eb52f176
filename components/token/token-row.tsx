"use client";

import { KeyRound } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import { Button, buttonClass } from "@/components/ui/button";
import { LocalTime } from "@/components/ui/local-time";
import { Dialog, DialogClose, DialogContent, DialogTrigger } from "@/components/ui/overlay/dialog";
import type { TokenItem } from "@/lib/token/schema";
import { scopeDetails } from "./scope-details";

type TokenRowProps = { token: TokenItem; pending: boolean; onRevoke: () => void };

export function TokenRow({ token, pending, onRevoke }: TokenRowProps) {
  const { id, name, scopes, collection, createdAt, expiresAt, isExpired, lastUsedAt } = token;
  const factsId = `token-${id}`;
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-4 gap-y-3 px-5 py-4 sm:grid-cols-[auto_minmax(0,1fr)_auto]">
      <KeyRound aria-hidden className="size-5 self-start text-muted" />
      <div>
        <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium text-sm">
          <span className="break-words">{name}</span>
          {isExpired && <Badge tone="warn">Expired</Badge>}
        </p>
        <div id={factsId} className="mt-1 text-muted text-sm">
          <p>
            {scopes.map((scope) => scopeDetails[scope].name).join(", ")} in{" "}
            {collection === null ? "all collections" : <span className="break-all">{collection}</span>}
          </p>
          <p>
            Created <LocalTime iso={createdAt} />,{" "}
            {lastUsedAt === null ? (
              "never used"
            ) : (
              <>
                last used <LocalTime iso={lastUsedAt} />
              </>
            )}
          </p>
          <p>
            {expiresAt === null ? (
              "Never expires"
            ) : (
              <>
                {isExpired ? "Expired" : "Expires"} <LocalTime iso={expiresAt} />
              </>
            )}
          </p>
        </div>
      </div>
      <Dialog>
        <DialogTrigger asChild>
          <Button
            size="sm"
            className="justify-self-start max-sm:col-start-2"
            pending={pending}
            aria-label={`Revoke ${name}`}
            aria-describedby={factsId}
          >
            Revoke
          </Button>
        </DialogTrigger>
        <DialogContent
          title={`Revoke ${name}?`}
          description="Programs that use it are refused from their next request on. This cannot be undone: they need a new token."
        >
          <div className="flex justify-end gap-3">
            <DialogClose className={buttonClass()}>Keep</DialogClose>
            <DialogClose className={buttonClass({ variant: "danger" })} onClick={onRevoke}>
              Revoke
            </DialogClose>
          </div>
        </DialogContent>
      </Dialog>
    </li>
  );
}

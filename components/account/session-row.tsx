import { Laptop, Smartphone } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { LocalTime } from "@/components/ui/local-time";
import type { SessionItem } from "@/lib/session/schema";

type SessionRowProps = { session: SessionItem; pending: boolean; onEnd: () => void };

export function SessionRow({ session, pending, onEnd }: SessionRowProps) {
  const { device, ipAddress, createdAt, lastSeenAt, isCurrent } = session;
  const factsId = `session-${session.id}`;
  const Icon = /Android|iOS/.test(device) ? Smartphone : Laptop;
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-4 gap-y-3 px-5 py-4 sm:grid-cols-[auto_minmax(0,1fr)_auto]">
      <Icon aria-hidden className="size-5 self-start text-muted" />
      <div>
        <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium text-sm">
          {device}
          {isCurrent && <Badge tone="accent">This device</Badge>}
        </p>
        <div id={factsId} className="mt-1 text-muted text-sm">
          <p>
            {isCurrent ? (
              "Active now"
            ) : (
              <>
                Last seen <LocalTime iso={lastSeenAt} />
              </>
            )}
          </p>
          <p>
            Signed in <LocalTime iso={createdAt} />
            {ipAddress && <span className="break-all"> from {ipAddress}</span>}
          </p>
        </div>
      </div>
      {!isCurrent && (
        <Button
          size="sm"
          className="justify-self-start max-sm:col-start-2"
          pending={pending}
          onClick={onEnd}
          aria-label={`Sign out ${device}`}
          aria-describedby={factsId}
        >
          Sign out
        </Button>
      )}
    </li>
  );
}

"use client";

import { useState, useTransition } from "react";
import { Button } from "@/components/ui/button";
import { FormAlert } from "@/components/ui/form/alert";
import { formatCount } from "@/components/ui/format";
import type { ActionResult } from "@/lib/action";
import { routes } from "@/lib/routes";
import { endOtherSessionsAction, endSessionAction } from "@/lib/session/actions";
import type { SessionItem } from "@/lib/session/schema";
import { SessionRow } from "./session-row";

const all = "all others";

/** The browsers that are signed in, with buttons that sign them out. `headingId` names what gets the focus of a row that goes. */
export function SessionList({ sessions, headingId }: { sessions: SessionItem[]; headingId: string }) {
  const [ending, setEnding] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [done, setDone] = useState("");
  const [pending, startTransition] = useTransition();

  function end<T>(what: string, action: () => Promise<ActionResult<T>>, doneText: (value: T) => string) {
    if (pending) return;
    setEnding(what);
    setDone("");
    startTransition(async () => {
      const ended = await action().catch(() => null);
      if (ended && !ended.ok && ended.error.code === "UNAUTHENTICATED")
        return window.location.assign(routes.signIn(routes.account()));
      const message = ended ? (ended.ok ? null : ended.error.message) : "The site could not be reached. Try again.";
      setFailure(message);
      if (!ended?.ok) return;
      setDone(doneText(ended.value));
      document.getElementById(headingId)?.focus({ preventScroll: true });
    });
  }

  const isEnding = (what: string) => pending && ending === what;
  return (
    <>
      <ul className="divide-y divide-line">
        {sessions.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            pending={isEnding(session.id)}
            onEnd={() =>
              end(
                session.id,
                () => endSessionAction(session.id),
                () => `Signed out ${session.device}.`,
              )
            }
          />
        ))}
      </ul>
      <div className="grid gap-3 border-line border-t px-5 py-4">
        <FormAlert message={failure} />
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <Button
            disabled={sessions.length < 2}
            pending={isEnding(all)}
            onClick={() =>
              end(all, endOtherSessionsAction, ({ ended }) => `Signed out ${formatCount(ended, "other session")}.`)
            }
          >
            Sign out all others
          </Button>
          <p role="status" className="text-ok text-sm">
            {done}
          </p>
        </div>
      </div>
    </>
  );
}

import type { Viewer } from "@/lib/auth/viewer";
import type { Given, World } from "../world";

/**
 * Who may do what, written by hand and not worked out from lib/collection/policy.ts: one letter for each of
 * anonymous, stranger, viewer, contributor, editor, owner, disabled owner, system; private, preview, public.
 *
 *   +  done                       .  NOT_FOUND            ?  UNAUTHENTICATED      x  INVALID
 *   !  CONFLICT
 *   A query may answer with a letter of its own:
 *   1  it is in the list          0  the list is there, without it
 *   w  the whole picture          t  its small thumbnail and nothing else
 */
export type Row = {
  /** module/export, and after a comma what is special about this row. */
  name: string;
  private: string;
  preview: string;
  public: string;
  /** A command that is done has left a trace in the record; a query, or one refused, has left none. */
  changes?: true;
  given?: Given;
  run: (viewer: Viewer, world: World) => Promise<unknown>;
};

export const all = (letters: string) => ({ private: letters, preview: letters, public: letters });
/** Of what only the worker and the command line do. */
export const systemOnly = all(".......+");
export const noActor = all("........");

export const toSeers = { private: "..++++.+", preview: "++++++++", public: "++++++++" };

export const listed = (isListed: boolean) => (isListed ? "1" : "0");

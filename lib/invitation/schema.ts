import { z } from "zod";

/** A link's token as it was sent. Only the exact token opens anything, so its form is not checked. */
export const invitationToken = z.string().max(200);

/** What the page for creating an account shows. */
export type SignUpState = {
  /**
   * closed: no one can · notInvited: only those with a link, and this person has none · address: the address is to be proven
   * first, by a mail to it · account: name and password are asked for.
   */
  readonly kind: "closed" | "notInvited" | "address" | "account";
  /** The only address that the account can have; null where any can. */
  readonly email: string | null;
  /** The person came with a link that is expired, used or unknown: it counts as none. */
  readonly isInvalid: boolean;
};

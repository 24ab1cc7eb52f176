import { z } from "zod";

/** A link's token as it was sent. Only the exact token opens anything, so its form is not checked. */
export const invitationToken = z.string().max(200);

/** What the page for creating an account shows. `email`: the only address that the account can have; null where any can. */
export type SignUpState =
  | { readonly kind: "closed" }
  /** By invitation only; `isInvalid`: the one that came is expired, used or unknown. */
  | { readonly kind: "notInvited"; readonly isInvalid: boolean }
  /** The address must be proven first, by a mail to it. `isInvalid` as above. */
  | { readonly kind: "address"; readonly email: string | null; readonly isInvalid: boolean }
  | { readonly kind: "account"; readonly email: string | null };

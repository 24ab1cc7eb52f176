import "server-only";
import { env } from "@/lib/env";
import { routes } from "@/lib/routes";

/** A mail in plain text: no program changes its links, and every reader shows it. */
export type Letter = { readonly to: string; readonly subject: string; readonly text: string };

type Contents = { to: string; token: string; expiresAt: Date; hasAccount: boolean };

/**
 * Writes the mail to an address for which an account was requested: the link with `token`, or, where the address has an account,
 * that somebody tried.
 */
export function letterOf({ to, token, expiresAt, hasAccount }: Contents): Letter {
  const { ATOLL_URL } = env();
  const site = new URL(ATOLL_URL).host;
  if (hasAccount) {
    const text = [
      `Somebody, perhaps you, asked for an account at ${site} with this e-mail address.`,
      `You have one already. Sign in: ${ATOLL_URL}${routes.signIn()}`,
      "If it was not you, you need do nothing: your account is unchanged, and nobody was told that it exists.",
    ];
    return { to, subject: `You have an account at ${site}`, text: `${text.join("\n\n")}\n` };
  }
  const text = [
    `Somebody, perhaps you, asked for an account at ${site} with this e-mail address.`,
    `To create it, open this link before ${minuteOf(expiresAt)} and choose a password:`,
    invitationUrl(token),
    "The link works once. If it was not you, ignore this mail: no account is created.",
  ];
  return { to, subject: `Create your account at ${site}`, text: `${text.join("\n\n")}\n` };
}

/** Returns the minute in which a moment is, in UTC: where the reader is, is unknown. */
function minuteOf(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Returns the address of the page where a token creates an account. Opening it changes nothing. */
export function invitationUrl(token: string): string {
  return `${env().ATOLL_URL}${routes.signUp(token)}`;
}

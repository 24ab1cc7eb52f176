import "server-only";
import { createTransport } from "nodemailer";
import { env } from "@/lib/env";

/** Shorter than a job may take. */
const timeoutMs = 20_000;

/**
 * Sends a mail by the server of ATOLL_MAIL_URL. Returns "refused" when the server will never take it for this recipient; throws
 * for anything that may pass, as Error without the server's credentials.
 */
export async function sendMail(letter: { to: string; subject: string; text: string }): Promise<"sent" | "refused"> {
  const { ATOLL_MAIL_URL, ATOLL_MAIL_FROM } = env();
  if (!ATOLL_MAIL_URL) throw new Error("ATOLL_MAIL_URL is not set: no mail can be sent");
  const { username, hostname } = new URL(ATOLL_MAIL_URL);
  const transport = createTransport({
    url: ATOLL_MAIL_URL,
    // A password is never sent in plain text, but to this machine.
    requireTLS: username !== "" && !loopbackHosts.has(hostname),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // A letter is text of our own: it may name neither files nor URLs to be fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({ ...letter, from: ATOLL_MAIL_FROM });
    return "sent";
  } catch (error) {
    // https://datatracker.ietf.org/doc/html/rfc5321#section-4.2.1: 5yz is permanent. Others than RCPT are about us, not the recipient.
    const { responseCode = 0, command = "" } = error as { responseCode?: number; command?: string };
    if (responseCode >= 500 && command === "RCPT TO") return "refused";
    throw error;
  } finally {
    transport.close();
  }
}

const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

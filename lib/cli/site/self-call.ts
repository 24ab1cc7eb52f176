import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { clientAddressHeader } from "@/lib/auth/policy";

const selfCallHeader = "x-atoll-self-call";
/**
 * Headers that Next believes and no client has to send: of an action that it sends to its own server, and of the address at which it
 * finds that server.
 */
const ownHeaders = [clientAddressHeader, "x-action-forwarded", "x-forwarded-proto", "x-forwarded-port"];

/**
 * Returns a function that tells whether a request is one that Next sends to its own server: a server action that another page's code
 * handles, or the page that an action redirects to. Next copies the headers of the request that it answers, so that one gets a
 * secret of this process, which no client knows. Its address is the client's then. All other requests lose the headers of such a
 * request.
 */
export function selfCallMarker(secret = randomBytes(32).toString("base64url")): (req: IncomingMessage) => boolean {
  const digest = digestOf(secret);
  return (req) => {
    const sent = req.headers[selfCallHeader];
    const isSelfCall = typeof sent === "string" && timingSafeEqual(digestOf(sent), digest);
    if (!isSelfCall) for (const name of ownHeaders) delete req.headers[name];
    req.headers[selfCallHeader] = secret;
    return isSelfCall;
  };
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

import { uploadPolicy } from "@/lib/upload/policy";
import type { Failure, FailureCode } from "./failures";

/** What happened; what is safe or left to do. Two sentences at most, no jargon. */
export type Message = { readonly title: string; readonly advice: string };

const tib = uploadPolicy.maxFileBytes / 1024 ** 4;

const messages: Readonly<Record<FailureCode, Message>> = {
  empty: { title: "The file is empty.", advice: "There is nothing to upload; the others are not affected." },
  "too-large": {
    title: `The file is larger than ${tib} TiB.`,
    advice: "No storage takes such a file; the others are not affected.",
  },
  "bad-path": { title: "The name cannot be used.", advice: "Rename the file or its folder and add it again." },
  duplicate: {
    title: "Another file of this upload has the same path.",
    advice: "The first one is kept. Rename one of them and add it again.",
  },
  unreadable: {
    title: "The file could not be read.",
    advice: "It may have been moved, deleted or locked. Check it and add it again.",
  },
  changed: {
    title: "The file changed while uploading, or can no longer be read.",
    advice: "A copy of it may be incomplete. Add the file again once nothing writes to it.",
  },
  network: {
    title: "The connection broke each time this file was sent.",
    advice: "The other files are safe. Check the connection, then retry.",
  },
  server: {
    title: "The storage had an error each time this file was sent.",
    advice: "The other files are safe. Retry in a few minutes.",
  },
  slow: {
    title: "The storage was too busy to take this file.",
    advice: "The other files are safe. Retry in a few minutes.",
  },
  "access-denied": {
    title: "The storage refused this file.",
    advice: "The other files are safe. Retry once; if it stays so, tell the site's operator.",
  },
  quota: {
    title: "There is no room left in the storage.",
    advice: "What was uploaded is safe. Ask the site's operator for more room, then retry.",
  },
  refused: {
    title: "The storage refused this file.",
    advice: "The other files are safe. If it stays so, tell the site's operator what is shown here.",
  },
  unreachable: {
    title: "The storage cannot be reached.",
    advice:
      "Everything uploaded so far is safe. Check your connection and try again; if it never worked here, the storage may not accept uploads from this site (CORS).",
  },
  "policy-expired": {
    title: "The permission to upload ran out, and so did a new one.",
    advice:
      "Everything uploaded so far is safe. The clocks of the site and of the storage may differ: tell the operator.",
  },
  "policy-refused": {
    title: "The storage does not accept the permission to upload.",
    advice: "Everything uploaded so far is safe. Try again; if it stays so, tell the site's operator.",
  },
  "no-bucket": {
    title: "The storage for this collection is not there.",
    advice: "Nothing more was sent. Tell the site's operator, then try again.",
  },
  "signed-out": {
    title: "You are signed out.",
    advice: "Everything uploaded so far is safe. Sign in in another tab, then try again here.",
  },
  gone: {
    title: "This upload or collection is no longer there, or you may not add to it any more.",
    advice: "Ask an owner of the collection.",
  },
  closed: {
    // As the site says it, where it does.
    title: "This upload was closed elsewhere. Start a new one for the rest.",
    advice: "Nothing more can be added to it.",
  },
  finished: {
    title: "This upload was finished in the meantime.",
    advice: "What was uploaded with it is safe. Start a new upload for more.",
  },
  "site-unavailable": {
    title: "The site cannot be reached.",
    advice: "Everything uploaded so far is safe. Check your connection, then try again.",
  },
  "site-error": {
    title: "The site had an error.",
    advice: "Everything uploaded so far is safe. Try again in a moment.",
  },
  "site-refused": { title: "The site refused the upload.", advice: "Nothing is lost. Start again." },
  "slow-check": {
    title: "Checking the files takes longer than usual.",
    advice: "They are stored. You may leave this page: the server goes on by itself.",
  },
};

/** The words for a failure; where the other side said something for people, that is the title. */
export function messageOf(failure: Failure): Message {
  const table = messages[failure.code];
  if (failure.detail === null) return table;
  if (failure.code === "refused") return { ...table, title: `${table.title} (${failure.detail})` };
  return { ...table, title: failure.detail };
}

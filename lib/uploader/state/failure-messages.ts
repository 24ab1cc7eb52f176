import { uploadPolicy } from "@/lib/upload/policy";
import type { Failure, FailureCode } from "./failures";

/** What happened, and what is safe or to be done next. */
export type Message = { readonly title: string; readonly advice: string };

const tib = uploadPolicy.maxFileBytes / 1024 ** 4;

const messages: Readonly<Record<FailureCode, Message>> = {
  empty: { title: "The file is empty.", advice: "There is nothing to upload. The other files are not affected." },
  "too-large": {
    title: `The file is larger than ${tib} TiB.`,
    advice: "Files of this size cannot be stored. The other files are not affected.",
  },
  "bad-path": { title: "This name cannot be used.", advice: "Rename the file or its folder and add it again." },
  duplicate: {
    title: "Another file in this upload has the same path.",
    advice: "The first one is kept. Rename one of them and add it again.",
  },
  unreadable: {
    title: "The file could not be read.",
    advice: "It may have been moved, deleted or locked. Check it and add it again.",
  },
  changed: {
    title: "The file changed while uploading, or can no longer be read.",
    advice: "The copy may be incomplete. Add the file again when it no longer changes.",
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
    advice: "The other files are safe. Retry once. If it fails again, contact the site's administrator.",
  },
  quota: {
    title: "Not enough space for this file.",
    advice: "What was uploaded is safe. Ask the site's administrator for more space, then retry.",
  },
  refused: {
    title: "The storage refused this file.",
    advice: "The other files are safe. If it fails again, show this message to the site's administrator.",
  },
  unreachable: {
    title: "The storage cannot be reached.",
    advice:
      "Nothing uploaded was lost. Check your connection and try again. If uploads never worked here, the storage may not accept them from this site (CORS).",
  },
  "policy-expired": {
    title: "Your upload permission expired and could not be renewed.",
    advice: "Nothing uploaded was lost. Try again.",
  },
  "policy-refused": {
    title: "The storage does not accept your upload permission.",
    advice: "Nothing uploaded was lost. Try again. If it fails again, contact the site's administrator.",
  },
  "no-bucket": {
    title: "The storage of this collection does not exist.",
    advice: "Nothing more was sent. Contact the site's administrator, then try again.",
  },
  "signed-out": {
    title: "You are signed out.",
    advice: "Nothing uploaded was lost. Sign in in another tab, then try again here.",
  },
  "not-opened": {
    // Replaced by the site's message, where it has one.
    title: "The site does not open this upload.",
    advice: "Nothing was sent, and nothing was lost.",
  },
  gone: {
    title: "This upload or collection no longer exists, or you may no longer add to it.",
    advice: "Ask an owner of the collection.",
  },
  closed: {
    // Replaced by the site's message, where it has one.
    title: "This upload was ended elsewhere. Start a new one for the remaining files.",
    advice: "Files can no longer be added to it.",
  },
  finished: {
    title: "This upload was finished meanwhile.",
    advice: "Nothing uploaded was lost. Start a new upload for more files.",
  },
  "site-unavailable": {
    title: "The site cannot be reached.",
    advice: "Nothing uploaded was lost. Check your connection, then try again.",
  },
  "site-error": {
    title: "The site had an error.",
    advice: "Nothing uploaded was lost.",
  },
  "site-refused": { title: "The site refused the upload.", advice: "Nothing was lost. Start a new upload." },
  "read-only": {
    title: "Uploading is paused on this site.",
    advice: "Nothing was lost. Ask the site's administrator, and try again later.",
  },
  "slow-check": {
    title: "Checking the files takes longer than usual.",
    advice: "They are stored. You may leave this page: the server continues by itself.",
  },
};

/** Returns the text for a failure; its title is the message of the site or the storage, where there is one. */
export function messageOf(failure: Failure): Message {
  const table = messages[failure.code];
  if (failure.detail === null) return table;
  if (failure.code === "refused") return { ...table, title: `${table.title} (${failure.detail})` };
  // The site's sentences say why.
  if (failure.code === "read-only") return { ...table, advice: failure.detail };
  return { ...table, title: failure.detail };
}

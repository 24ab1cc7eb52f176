import { z } from "zod";
import { textFault, tidyText } from "./policy";

/**
 * One line of text that a person or a program gives: a name, a label, a key. Trimmed and in NFC. `what` begins its messages:
 * "The name". Every text that is stored is a `textLine`, a `textBlock` or of a narrower form; a test looks for others.
 */
export function textLine(what: string) {
  return text(what, false);
}

/** Text of several lines, as a description. */
export function textBlock(what: string) {
  return text(what, true);
}

function text(what: string, lines: boolean) {
  return z
    .string()
    .overwrite(tidyText)
    .superRefine((value, context) => {
      const fault = textFault(value, { lines });
      if (fault) context.addIssue(`${what} ${fault}.`);
    });
}

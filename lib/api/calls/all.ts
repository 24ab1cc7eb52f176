import type { Call } from "../call";
import * as account from "./account";
import * as collections from "./collections";
import * as media from "./media";
import * as uploads from "./uploads";

/** Every call of the API, in the order of the reference. */
export const allCalls: readonly Call[] = [collections, media, uploads, account].flatMap((calls) =>
  Object.values(calls),
);

import { z } from "zod";

/** The cursor of any list in a URL: room for a position of up to 768 bytes. Only the list itself knows whether it is one of its own. */
export const cursorText = z.string().max(1_100);

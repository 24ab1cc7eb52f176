import "server-only";
import { AppError } from "@/lib/errors";

/** Of a body: room for 1,000 files with paths of 512 bytes, which JSON may escape, and their checksums. */
export const maxBodyBytes = 4 * 1024 * 1024;
/** No shape is as deep: what is deeper is refused before it is parsed. */
const maxDepth = 20;

/** Reads a JSON body. Throws TOO_LARGE, MEDIA_TYPE, MALFORMED. A call without a body gets undefined. */
export async function readBody(request: Request): Promise<unknown> {
  const text = await readText(request);
  if (text === "") return undefined;
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new AppError("MEDIA_TYPE", "Send the body as JSON, with Content-Type: application/json.");
  }
  requireFlat(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("MALFORMED", "The request body is not valid JSON.", { cause });
  }
}

/** Stops reading at the limit, whatever length was declared. */
async function readText(request: Request): Promise<string> {
  const tooLarge = new AppError("TOO_LARGE", `A request has at most ${maxBodyBytes / 1024 / 1024} MiB of JSON.`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBodyBytes) throw tooLarge;
  if (!request.body) return "";
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > maxBodyBytes) {
      await reader.cancel();
      throw tooLarge;
    }
    chunks.push(value);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new AppError("MALFORMED", "The request body is not UTF-8.", { cause });
  }
}

/** Throws MALFORMED for JSON that is nested too deep. Brackets within texts do not count. Looks at each character once. */
function requireFlat(text: string): void {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isInText) {
      if (character === "\\") at += 1;
      else if (character === '"') isInText = false;
    } else if (character === '"') isInText = true;
    else if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth -= 1;
    if (depth > maxDepth) {
      throw new AppError("MALFORMED", `The request body is nested too deep: at most ${maxDepth} levels.`);
    }
  }
}

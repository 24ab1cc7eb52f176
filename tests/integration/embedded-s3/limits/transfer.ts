import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { signRequest } from "../conformance/signed-request";
import { PatternCheck, pattern } from "./pattern";

export interface Uploaded {
  readonly status: number;
  readonly etag: string;
  readonly text: string;
}

/** Sends the pattern's bytes from `start` up to `end`, made as the store takes them. */
export async function upload(url: string, start: number, end: number): Promise<Uploaded> {
  const given = { "content-length": String(end - start) };
  const { headers } = signRequest({ method: "PUT", url, headers: given, payloadHash: "UNSIGNED-PAYLOAD" });
  const request = httpRequest(url, { method: "PUT", headers });
  const answered = once(request, "response") as Promise<[IncomingMessage]>;
  answered.catch(() => {}); // awaited below; the body may still be under way when it fails
  for (const piece of pattern(start, end)) {
    if (!request.write(piece)) await Promise.race([once(request, "drain"), answered]);
  }
  request.end();
  const [answer] = await answered;
  const text = (await answer.setEncoding("utf8").toArray()).join("");
  return { status: answer.statusCode ?? 0, etag: answer.headers.etag ?? "", text };
}

/** Asks for an object; its bytes come when the answer is read. */
export async function open(url: string): Promise<IncomingMessage> {
  const { headers } = signRequest({ method: "GET", url, payloadHash: "UNSIGNED-PAYLOAD" });
  const request = httpRequest(url, { method: "GET", headers }).end();
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return answer;
}

/** Reads an answer to its end, each byte held against the pattern. */
export async function check(answer: IncomingMessage): Promise<PatternCheck> {
  const found = new PatternCheck();
  for await (const chunk of answer) found.take(chunk as Buffer);
  return found;
}

import type { Server } from "node:http";
import type { Socket } from "node:net";
import { isAnswering } from "../server-close";
import { S3Error, type S3ErrorCode } from "./protocol/errors";
import { errorDocument } from "./protocol/xml-write";
import { newRequestId } from "./store/database/ids";

/** By the code of Node's error; anything else is no HTTP. */
const codes: Readonly<Record<string, S3ErrorCode>> = {
  HPE_HEADER_OVERFLOW: "RequestHeaderSectionTooLarge",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "MaxMessageLengthExceeded",
  ERR_HTTP_REQUEST_TIMEOUT: "RequestTimeout",
};

/** Answers requests that Node's parser rejects as all others: by an error document, with `nosniff`. */
export function answerUnparsable(server: Server): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    // Within another answer of the connection the client would take this one for a part of it.
    if (socket.writable && error.code !== "ECONNRESET" && !isAnswering(server, socket)) {
      socket.end(rendered(new S3Error(codes[error.code ?? ""] ?? "BadRequest")), () => socket.destroy());
    } else socket.destroy(error);
  });
}

function rendered(error: S3Error): string {
  const requestId = newRequestId();
  const body = errorDocument({ Code: error.code, Message: error.message, RequestId: requestId, HostId: requestId });
  const head = [
    `HTTP/1.1 ${error.status} ${error.code}`,
    `x-amz-request-id: ${requestId}`,
    "x-content-type-options: nosniff",
    "content-type: application/xml",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

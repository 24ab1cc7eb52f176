import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach } from "vitest";
import type { TestBucket } from "@/tests/support/services/services";

type Alter = (body: Buffer, send: (body: Buffer) => void, cut: () => void) => void;

/**
 * Puts a proxy between app and storage, so that a test can alter what it gets of originals by setting `alter`, until its end.
 * Call it at the top of the file. Passes on the Host header, which is signed.
 */
export async function alteredAnswers(bucket: TestBucket): Promise<{ alter: Alter; straight: Alter }> {
  const straight: Alter = (body, send) => send(body);
  const answers = { alter: straight, straight };
  const target = new URL(bucket.endpoint);
  const proxy = http.createServer((request, response) => {
    const { method, url, headers } = request;
    const onward = http.request({ host: target.hostname, port: target.port, method, path: url, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        const body = Buffer.concat(chunks);
        const send = (altered: Buffer) => response.end(altered);
        const cut = () => {
          response.write(body.subarray(0, 1_000));
          setImmediate(() => response.destroy());
        };
        if (method === "GET" && url?.startsWith(`/${bucket.bucket}/media/`)) answers.alter(body, send, cut);
        else send(body);
      });
    });
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  process.env.S3_ENDPOINT = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  afterEach(() => {
    answers.alter = straight;
  });
  afterAll(() => void proxy.close());
  return answers;
}

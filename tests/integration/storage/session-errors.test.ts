import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createStorage, type Storage } from "@/lib/storage/client";
import { assumeRole } from "@/lib/storage/session/assume-role";

let answer = { status: 400, code: "" };
const server = createServer((request, response) => {
  const body = `<ErrorResponse><Error><Code>${answer.code}</Code><Message>no</Message><Token-0>secret</Token-0></Error></ErrorResponse>`;
  request.resume().on("end", () => response.writeHead(answer.status, { "content-type": "text/xml" }).end(body));
});
let store: Storage;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const where = { bucket: "b", region: "us-east-1", forcePathStyle: true, credentials };
  store = createStorage({ ...where, endpoint: `http://127.0.0.1:${port}` });
});
afterAll(() => {
  store.close();
  server.close();
});

it.each([
  [400, "Throttling", "UNAVAILABLE"],
  [503, "ServiceUnavailable", "UNAVAILABLE"],
  [400, "ExpiredToken", "INTERNAL"],
  [403, "InvalidClientTokenId", "INTERNAL"],
  [403, "AccessDenied", "UNSUPPORTED"],
  [400, "MalformedPolicyDocument", "UNSUPPORTED"],
])("%i %s of STS is %s, and nothing secret of it is kept", async (status, code, expected) => {
  answer = { status, code };
  const logged = vi.spyOn(console, "error").mockImplementation(() => {});
  const wanted = { roleArn: "arn:aws:iam::1:role/x", sessionName: "atoll-x", durationSeconds: 900 };
  const error = await assumeRole(wanted, store).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: expected });
  expect(JSON.stringify((error as Error).cause)).not.toContain("secret");
  expect(JSON.stringify(logged.mock.calls)).not.toContain("secret");
  logged.mockRestore();
});

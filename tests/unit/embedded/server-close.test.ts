import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { listen } from "@/lib/cli/site/server";
import { closeServer } from "@/lib/embedded/server-close";
import { until } from "@/tests/support/until";

/** Where the limit must not be what ends the connections: hanging on them, the test would time out. */
const noLimitMs = 2 ** 31 - 1;

/** A server that answers at once, but under `/held` only after `answer`; `held`: how many requests wait for that. */
async function openServer(): Promise<{ server: http.Server; port: number; held(): number; answer(): void }> {
  const waiting: http.ServerResponse[] = [];
  const server = http.createServer((req, res) => {
    if (req.url !== "/held") return res.end("at once");
    res.write("held "); // The headers are out: they can no longer announce that the connection closes.
    waiting.push(res);
  });
  await listen(server, 0);
  const answer = () => {
    for (const res of waiting) res.end("and answered");
  };
  return { server, port: (server.address() as AddressInfo).port, held: () => waiting.length, answer };
}

/** A client that keeps its connection open whatever happens, unless the server closes it. */
function connect(port: number, text = ""): { closed: Promise<unknown>; received(): string } {
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  let received = "";
  socket.on("data", (data) => {
    received += data;
  });
  socket.write(text);
  return { closed: once(socket, "end"), received: () => received };
}

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test.each([
  ["opened ahead, with nothing sent yet", "", ""],
  ["kept alive after an answer", request("/"), "at once"],
  ["with half a request", request("/").slice(0, 20), ""],
])("a connection %s does not hold up a stop", async (_, text, answer) => {
  const { server, port } = await openServer();
  const accepted = once(server, "connection");
  const { closed, received } = connect(port, text);
  await accepted;
  await until(() => expect(received()).toContain(answer));
  expect(await closeServer(server, noLimitMs)).toBe(0);
  await closed;
});

test("requests under way are answered, and their connections closed then", async () => {
  const { server, port, held, answer } = await openServer();
  const { closed, received } = connect(port, request("/held") + request("/held"));
  const fetched = fetch(`http://127.0.0.1:${port}/held`).then((response) => response.text());
  await until(() => expect(held()).toBe(3));
  const stopped = closeServer(server, noLimitMs);
  answer();
  expect(await stopped).toBe(0);
  expect(await fetched).toBe("held and answered");
  await closed;
  expect(received().match(/and answered/g)).toHaveLength(2);
});

test("a request that does not end is cut off, and counted", async () => {
  const { server, port, held } = await openServer();
  const { closed } = connect(port, request("/held"));
  connect(port);
  await until(() => expect(held()).toBe(1));
  expect(await closeServer(server, 1)).toBe(1);
  await closed;
});

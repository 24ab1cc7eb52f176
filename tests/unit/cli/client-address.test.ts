import http from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { networkOf } from "@/lib/budget/policy";
import { clientAddressBehind } from "@/lib/cli/site/client-address";
import { setForwardedHost } from "@/lib/cli/site/forwarded-host";
import { selfCallMarker } from "@/lib/cli/site/self-call";
import { listen } from "@/lib/cli/site/server";
import { refuseForeign } from "@/lib/cli/site/this-machine";
import { closeServer } from "@/lib/embedded/server-close";
import { parseStartEnv } from "@/lib/env";

/** Lets a request come from another machine. */
const comesFrom = (req: http.IncomingMessage, remoteAddress: string | undefined) =>
  Object.defineProperty(req.socket, "remoteAddress", { value: remoteAddress, configurable: true });

describe("the client's address", () => {
  const mark = (hops: number, remoteAddress: string, forwarded?: string, networks: string[] = []) => {
    const headers: http.IncomingHttpHeaders = { "x-atoll-client-address": "203.0.113.66" };
    if (forwarded !== undefined) headers["x-forwarded-for"] = forwarded;
    const req = { headers, socket: { remoteAddress } } as http.IncomingMessage;
    clientAddressBehind({ hops, networks }).set(req);
    return headers["x-atoll-client-address"];
  };

  test.each([
    ["the peer's, whatever it claims", 0, "198.51.100.1", "203.0.113.1", "198.51.100.1"],
    ["the peer's on a socket of both kinds", 0, "::ffff:198.51.100.1", undefined, "198.51.100.1"],
    ["the peer's in one's own network", 0, "10.0.0.2", undefined, "10.0.0.2"],
    ["the peer's in one's own network, whatever it claims", 0, "10.0.0.2", "x", "10.0.0.2"],
    ["the undeclared proxy's: one for all its clients", 0, "127.0.0.1", "203.0.113.1", "127.0.0.1"],
    ["the undeclared proxy's, by IPv6", 0, "fd00::1", "203.0.113.1", "fd00::1"],
    ["what the one proxy saw, not what the client made up", 1, "10.0.0.2", "1.1.1.1, 203.0.113.1", "203.0.113.1"],
    ["what the outer of two saw", 2, "10.0.0.2", "1.1.1.1, 203.0.113.1, 10.0.0.3", "203.0.113.1"],
    ["without the port some proxies add", 1, "10.0.0.2", "203.0.113.1:4711", "203.0.113.1"],
    ["IPv6 without brackets", 1, "10.0.0.2", "[2001:DB8::1]:4711", "2001:db8::1"],
    ["IPv6 in one form, however it was written", 1, "10.0.0.2", "2001:0DB8:0:0:0:0:0:0001", "2001:db8::1"],
    ["IPv6 without its zone", 0, "fe80::1%eth0", undefined, "fe80::1"],
    ["IPv6 without its zone, in brackets", 1, "10.0.0.2", "[fe80::1%eth0]:80", "fe80::1"],
    ["IPv4 however it is mapped", 1, "10.0.0.2", "::FFFF:C633:6401", "198.51.100.1"],
    ["IPv4 however long it is mapped", 1, "10.0.0.2", "0:0:0:0:0:ffff:198.51.100.1", "198.51.100.1"],
    ["the peer's when the proxy was bypassed", 1, "198.51.100.1", "203.0.113.1", "198.51.100.1"],
    ["the peer's when the proxy was bypassed by IPv6", 1, "2001:db8::9", "203.0.113.1", "2001:db8::9"],
    ["the peer's when both proxies were bypassed", 2, "198.51.100.1", "203.0.113.1, 10.0.0.3", "198.51.100.1"],
    ["the peer's where the proxy wrote no address", 1, "10.0.0.2", "unknown", "10.0.0.2"],
    ["the peer's where the proxy wrote a number", 1, "10.0.0.2", "3405803777", "10.0.0.2"],
    ["the peer's where the proxy wrote nothing", 1, "10.0.0.2", undefined, "10.0.0.2"],
  ] as const)("is %s", (_, hops, peer, forwarded, expected) => {
    expect(mark(hops, peer, forwarded)).toBe(expected);
  });

  test("cannot be left out, chosen or varied by a client: every header counts as one network", () => {
    const claims = ["x", "", " , ", "::1", "203.0.113.9", "[::]", "10.0.0.1:99999", "%", "198.51.100.256", "\u0000"];
    for (const hops of [0, 1, 2]) {
      const seen = claims.map((claim) => mark(hops, "2001:db8:1:2::5", claim));
      expect(new Set(seen.map((address) => networkOf(address as string)))).toEqual(new Set(["2001:db8:1:2::/64"]));
    }
  });

  test("is what a proxy of a declared network saw, and the peer's of all others", () => {
    const networks = parseStartEnv({ ATOLL_PROXY_NETWORKS: "198.51.100.0/28, 2001:db8:64::7" }).ATOLL_PROXY_NETWORKS;
    expect(mark(1, "::ffff:198.51.100.15", "203.0.113.1", networks)).toBe("203.0.113.1");
    expect(mark(1, "2001:db8:64::7", "203.0.113.1", networks)).toBe("203.0.113.1");
    expect(mark(1, "10.0.0.2", "203.0.113.1", networks)).toBe("203.0.113.1");
    expect(mark(1, "198.51.100.16", "203.0.113.1", networks)).toBe("198.51.100.16");
    expect(mark(1, "2001:db8:64::8", "203.0.113.1", networks)).toBe("2001:db8:64::8");
    expect(mark(0, "198.51.100.1", "203.0.113.1", networks)).toBe("198.51.100.1");
  });

  test("is told to be the proxy's where one is not declared", () => {
    const told = (hops: number, remoteAddress: string, forwarded?: string) => {
      const headers = { "x-forwarded-for": forwarded };
      const req = { headers, socket: { remoteAddress } } as unknown as http.IncomingMessage;
      return clientAddressBehind({ hops, networks: ["192.0.2.1"] }).undeclaredProxy(req);
    };
    expect(told(0, "127.0.0.1", "203.0.113.1")).toMatch(/set ATOLL_PROXY_HOPS=1\.$/);
    expect(told(1, "127.0.0.1", "203.0.113.1")).toBeNull();
    expect(told(1, "192.0.2.1", "203.0.113.1")).toBeNull();
    expect(told(0, "127.0.0.1")).toBeNull();
    expect(told(0, "198.51.100.1", "203.0.113.1")).toBeNull();
    expect(told(1, "198.51.100.1")).toBeNull();
    expect(told(1, "198.51.100.1", "203.0.113.1")).toMatch(/ATOLL_PROXY_NETWORKS=198\.51\.100\.1$/);
  });
});

describe("a request of Next to its own server", () => {
  const request = (headers: http.IncomingHttpHeaders) => ({ headers }) as http.IncomingMessage;
  const claims = {
    "x-atoll-client-address": "203.0.113.66",
    "x-action-forwarded": "1",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "1",
  };

  test("is known by the headers of the request that it copies, and keeps the client's address", () => {
    const isSelfCall = selfCallMarker();
    const first = request({ origin: "https://photos.example.org", ...claims });
    expect(isSelfCall(first)).toBe(false);
    for (const name of Object.keys(claims)) expect(first.headers).not.toHaveProperty(name);
    const copy = { ...first.headers, "x-atoll-client-address": "203.0.113.1", "x-action-forwarded": "1" };
    const second = request({ ...copy, "x-forwarded-for": "127.0.0.1" });
    expect(isSelfCall(second)).toBe(true);
    expect(second.headers).toMatchObject(copy);
  });

  test("cannot be made up by a client, nor by another process", () => {
    const isSelfCall = selfCallMarker();
    const other = request({});
    selfCallMarker()(other);
    const secrets = [undefined, "", "x", ["x", "y"], other.headers["x-atoll-self-call"]];
    for (const secret of secrets) {
      const forged = request({ ...claims, "x-atoll-self-call": secret });
      expect(isSelfCall(forged), String(secret)).toBe(false);
      for (const name of Object.keys(claims)) expect(forged.headers).not.toHaveProperty(name);
    }
  });
});

describe("a site for this machine only", () => {
  test.each([
    ["127.0.0.1", false],
    ["127.8.9.10", false],
    ["::1", false],
    ["::ffff:127.0.0.1", false],
    ["::ffff:10.0.0.2", true],
    ["10.0.0.2", true],
    ["192.168.1.7", true],
    ["fd00::1", true],
    ["fe80::1%eth0", true],
    ["203.0.113.1", true],
    [undefined, true],
  ])("refuses a peer at %s: %s; one for all refuses none", async (remoteAddress, isRefused) => {
    const seen: unknown[] = [];
    const server = http.createServer((req, res) => {
      comesFrom(req, remoteAddress);
      if (refuseForeign(req, res, req.url === "/all" ? "all" : "loopback")) return;
      seen.push(req.url);
      res.end();
    });
    await listen(server, 0);
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sent = { method: "POST", body: "x" };
    const [refused, all] = [await fetch(`${base}/loopback`, sent), await fetch(`${base}/all`, sent)];
    expect([refused.status, all.status]).toEqual([isRefused ? 403 : 200, 200]);
    expect(seen).toEqual(isRefused ? ["/all"] : ["/loopback", "/all"]);
    if (isRefused) {
      expect(refused.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(refused.headers.get("x-content-type-options")).toBe("nosniff");
      expect(await refused.text()).toMatch(/this machine only\.\n[\s\S]*ATOLL_URL [\s\S]*ATOLL_LISTEN=all/);
    }
    await closeServer(server, 8_000);
  });
});

describe("the host that Next compares an Origin with", () => {
  test.each([
    ["the Origin's, behind a proxy that rewrites Host", "https://photos.example.org", undefined, "photos.example.org"],
    ["the Origin's with its port, whatever was forged", "http://10.0.0.5:3000", "evil.example", "10.0.0.5:3000"],
    ["the Origin's of another site, which runAction refuses", "https://evil.example", undefined, "evil.example"],
    ["none without an Origin", undefined, "photos.example.org", undefined],
    ["none for a sandboxed page", "null", "null", undefined],
    ["none for two origins", "https://photos.example.org, https://evil.example", "evil.example", undefined],
  ])("is %s", (_, origin, forwarded, expected) => {
    const headers = { origin, "x-forwarded-host": forwarded, host: "10.0.0.2:3000" };
    setForwardedHost({ headers });
    expect(headers["x-forwarded-host"]).toBe(expected);
    // Next would answer 500 to an Origin that it cannot parse.
    if (expected === undefined) expect(headers.origin).toBeUndefined();
  });
});

describe("the network that budgets count by", () => {
  test.each([
    ["198.51.100.1", "198.51.100.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8:0:2::6", "2001:db8:0:2::/64"],
    ["::2:3:4:5:6:7:8", "0:2:3:4::/64"],
    [undefined, "unknown"],
  ])("of %s is %s", (address, network) => expect(networkOf(address)).toBe(network));
});

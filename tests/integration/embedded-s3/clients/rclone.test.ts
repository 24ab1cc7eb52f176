import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { raw, root } from "../harness";
import { changeTimes, paths, readTree } from "./files";
import { describeClient, type Setting, versionedBucket, writes } from "./fixture";

describeClient("rclone", "rclone", (setting) => {
  describe("as provider Other, which addresses by path", () => {
    roundTrip(setting, "Other", () => ({ endpoint: setting.store.endpoint }));
  });

  describe("as provider AWS, which addresses by host name", () => {
    let proxy: Server;
    beforeAll(async () => {
      proxy = await startProxy();
    });
    afterAll(() => proxy.close());
    roundTrip(setting, "AWS", () => ({
      endpoint: setting.store.endpoint.replace("127.0.0.1", "localhost"),
      proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    }));
  });
});

function roundTrip(setting: Setting, provider: string, reach: () => { endpoint: string; proxy?: string }): void {
  const { store, path, run } = setting;
  const media = versionedBucket(store, `media-${provider.toLowerCase()}`);
  const remote = (key = "") => `s3:${media.name}/${key}`;
  const back = () => path(`back-${provider}`);
  const rclone = (args: readonly string[], input?: Buffer) => {
    const { endpoint, proxy } = reach();
    const env = {
      RCLONE_CONFIG: path("rclone.conf"),
      RCLONE_CONFIG_S3_TYPE: "s3",
      RCLONE_CONFIG_S3_PROVIDER: provider,
      RCLONE_CONFIG_S3_ACCESS_KEY_ID: root.accessKeyId,
      RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: root.secretAccessKey,
      RCLONE_CONFIG_S3_ENDPOINT: endpoint,
      RCLONE_CONFIG_S3_REGION: "us-east-1",
      ...(proxy && { HTTP_PROXY: proxy }),
    };
    return run(args, { env, ...(input && { input }) });
  };

  it("makes a bucket, puts, lists, copies, gets and deletes an object of an unusual name", async () => {
    const bucket = `s3:made-${provider.toLowerCase()}`;
    await rclone(["mkdir", bucket]);
    const key = `${bucket}/a b/+%41 ü😀`;
    await rclone(["copyto", path("tree/plain.txt"), key]);
    expect(await rclone(["lsf", "--recursive", "--files-only", "--format", "sp", bucket])).toBe("12;a b/+%41 ü😀\n");
    await rclone(["copyto", key, `${bucket}/copy`]);
    await rclone(["moveto", `${bucket}/copy`, `${bucket}/moved`]);
    expect(await rclone(["cat", `${bucket}/moved`])).toBe("of plain.txt");
    await rclone(["deletefile", key]);
    expect(await rclone(["lsf", "--recursive", bucket])).toBe("moved\n");
    await expect(rclone(["deletefile", key])).rejects.toThrow(/not found/);
    await rclone(["purge", bucket]);
    expect(await rclone(["lsf", "s3:"])).not.toContain("made");
  });

  it("syncs a tree up and down, byte for byte, and sends nothing twice", async () => {
    await rclone(["sync", path("tree"), remote("tree")]);
    expect(await media.keys("tree/")).toEqual(paths.map((one) => `tree/${one}`));
    await rclone(["sync", remote("tree"), back()]);
    expect(await readTree(back())).toEqual(await readTree(path("tree")));
    await rclone(["check", path("tree"), remote("tree")]);

    const [written, times] = [await writes(media), await changeTimes(back())];
    await rclone(["sync", path("tree"), remote("tree")]);
    await rclone(["sync", "--checksum", path("tree"), remote("tree")]);
    await rclone(["sync", remote("tree"), back()]);
    expect([await writes(media), await changeTimes(back())]).toEqual([written, times]);
  });

  it("syncs deletions, and nothing else", async () => {
    const before = await writes(media);
    for (const one of ["dir/x", "～.txt"]) await rm(`${back()}/${one}`);
    await rclone(["sync", back(), remote("tree")]);
    const left = paths.filter((one) => one !== "dir/x" && one !== "～.txt");
    expect(await media.keys("tree/")).toEqual(left.map((one) => `tree/${one}`));
    expect(await writes(media)).toBe(before + 2);
    await rclone(["delete", remote("tree")]);
    expect(await media.keys()).toEqual([]);
  });

  it("sends a stream in parts, and files in parts, and reads from the middle", async () => {
    const large = await readFile(path("tree/large.bin"));
    await rclone(["rcat", remote("streamed")], large);
    const cutoff = ["--s3-upload-cutoff", "5Mi", "--s3-chunk-size", "8Mi"];
    await rclone(["copyto", ...cutoff, path("tree/large.bin"), remote("large.bin")]);
    await rclone(["copyto", "--s3-copy-cutoff", "8Mi", remote("large.bin"), remote("copied.bin")]);
    for (const key of ["streamed", "large.bin", "copied.bin"]) {
      expect((await media.head(key)).ETag).toMatch(/-\d"$/);
      expect(large.equals(await media.bytes(key))).toBe(true);
    }
    await rclone(["check", "--download", "--include", "/large.bin", path("tree"), remote()]);
    await media.put("text", "0123456789");
    expect(await rclone(["cat", "--offset", "3", "--count", "5", remote("text")])).toBe("34567");
  });

  it("presigns a URL that anyone can fetch", async () => {
    await media.put("sig ned+ü", "signed");
    const url = (await rclone(["link", "--expire", "1m", remote("sig ned+ü")])).trim();
    expect(await fetched(url)).toEqual([200, "signed"]);
    const [status] = await fetched(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"));
    expect(status).toBe(403);
  });

  it("shows versions, gets an old one, and reports the versioning of a bucket", async () => {
    for (const text of ["one", "two"]) {
      await writeFile(path("text"), text);
      await rclone(["copyto", path("text"), remote("versions/ü.txt")]);
    }
    expect(await rclone(["backend", "versioning", remote()])).toBe("Enabled\n");
    // Of the folder: a single old version is not found by this release.
    await rclone(["copy", "--s3-versions", remote("versions"), path(`versions-${provider}`)]);
    const found = await readdir(path(`versions-${provider}`));
    const [old = "", newest = ""] = found.sort();
    expect(found).toEqual([expect.stringMatching(/^ü-v\d{4}-\d\d-\d\d-\d{6}-\d{3}\.txt$/), "ü.txt"]);
    const text = (name: string) => readFile(path(`versions-${provider}/${name}`), "utf8");
    expect([await text(old), await text(newest)]).toEqual(["one", "two"]);
  });
}

/**
 * Names below localhost mean this machine (RFC 6761, 6.3), but not every resolver knows. As a proxy we need none: it sends
 * every request to the port it was for, here.
 */
async function startProxy(): Promise<Server> {
  const server = createServer((request, answer) => {
    const { port, pathname, search } = new URL(request.url ?? "");
    const { method, headers } = request;
    const onward = httpRequest({ host: "127.0.0.1", port, method, headers, path: `${pathname}${search}` }, (reply) => {
      answer.writeHead(reply.statusCode ?? 0, reply.headers);
      reply.pipe(answer);
    });
    onward.on("error", (error) => answer.destroy(error));
    request.pipe(onward);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

/** What is at a presigned URL: status and body. Sent here whatever its host resolves to; the signature covers the name. */
async function fetched(url: string): Promise<[number, string]> {
  const { host, port } = new URL(url);
  const { status, text } = await raw("GET", url.replace(host, `127.0.0.1:${port}`), { headers: { host } });
  return [status, text];
}

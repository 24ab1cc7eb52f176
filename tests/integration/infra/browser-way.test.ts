import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { applyBucket } from "@/lib/infra/apply";
import { browserWayProblems, type WayInput } from "@/lib/infra/browser-way";
import { ensureBucket } from "@/lib/infra/existence";
import { mediaBucket } from "@/lib/infra/settings";
import { createStorage, type Storage, type StorageConfig } from "@/lib/storage/client";
import { writeOwnerFile } from "@/lib/storage/owner-file";
import { permitFor } from "@/tests/support/fixtures/permit";
import { endpoint } from "../storage/endpoint";

const { s3 } = inject("services");
const origin = "http://localhost:3000";
let store: Storage;
const opened: { close(): void }[] = [];
beforeAll(async () => {
  store = endpoint.storage("browser-way");
  expect(await ensureBucket(store, async () => null)).toBe(true);
  await writeOwnerFile("{}", null, store);
});
afterAll(() => {
  for (const each of opened) each.close();
});

const apply = () =>
  applyBucket(permitFor(store), store, mediaBucket({ bucket: store.bucket, origins: [origin], secure: false }));

/** The problems of the bucket's storage with other settings. */
async function problems(config: Partial<StorageConfig> = {}, more: Partial<WayInput> = {}) {
  const other = createStorage({ ...store.config, ...config });
  opened.push(other);
  return browserWayProblems(other, { origin, isOwner: true, ...more });
}

/** A server that is no S3. */
async function webServer(handle: http.RequestListener): Promise<string> {
  const server = http.createServer(handle);
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe(`what browsers will use, on ${endpoint.name}`, () => {
  it("has a problem until the site's pages may post, and then none", async () => {
    const [problem] = await problems();
    expect(problem).toMatchObject({ isCertain: true });
    expect(problem?.message).toMatch(
      /^S3_ENDPOINT: browsers cannot upload to .* preflight of http:\/\/localhost:3000 /,
    );
    // Settings of a bucket that another database owns are for that one's site.
    expect(await problems({}, { isOwner: false })).toEqual([]);
    await apply();
    expect(await problems()).toEqual([]);
    expect(await problems({ publicEndpoint: s3.endpoint.replace("127.0.0.1", "localhost") })).toEqual([]);
    expect(await problems({}, { endpoints: [`${s3.endpoint}/${store.bucket}`] })).toEqual([]);
  });

  it("names the setting of an address that is another program's", async () => {
    const site = await webServer((_, res) => res.end("<html>Welcome</html>"));
    const [problem] = await problems({ publicEndpoint: site });
    expect(problem).toMatchObject({ isCertain: true });
    expect(problem?.message).toMatch(
      /^S3_PUBLIC_ENDPOINT: browsers cannot read .* answers like another program \(status 200\)/,
    );
    const [extra, ...others] = await problems({}, { endpoints: [`${site}/${store.bucket}`] });
    expect(extra?.message).toMatch(/^S3_UPLOAD_ENDPOINTS: /);
    expect(others).toEqual([]);
  });

  it("is not sure of an address that cannot be reached from here", async () => {
    const gone = await webServer(() => undefined);
    opened.pop()?.close();
    const [problem] = await problems({ publicEndpoint: gone });
    expect(problem).toMatchObject({ isCertain: false });
    expect(problem?.message).toMatch(/^S3_PUBLIC_ENDPOINT: .* cannot be reached from here \(ECONNREFUSED\)/);
  });

  it("is not sure of one that is busy or behind a proxy whose storage is starting", async () => {
    for (const status of [502, 503, 429]) {
      const busy = await webServer((_, res) => res.writeHead(status).end());
      const [problem] = await problems({ publicEndpoint: busy });
      expect(problem).toMatchObject({ isCertain: false });
      expect(problem?.message).toContain(`(status ${status})`);
    }
  });

  it("names the bucket, the region, the key and the address where the storage refuses them", async () => {
    const missing = await problems({ bucket: "atoll-no-such-bucket" });
    expect(missing[0]?.message).toMatch(/has no such bucket\. Check S3_ENDPOINT, S3_BUCKET and S3_FORCE_PATH_STYLE\.$/);
    const stranger = await problems({ credentials: { accessKeyId: "AKIASTRANGER", secretAccessKey: "x" } });
    expect(stranger[0]?.message).toMatch(
      // Ceph says only that it refuses.
      endpoint.ceph ? /refuses pages of this site.* same service as S3_ENDPOINT/ : /does not know the access key/,
    );
    // A proxy that changes the path of what it passes on.
    const { hostname, port } = new URL(s3.endpoint);
    const proxy = await webServer((req, res) => {
      const target = { hostname, port, method: req.method, path: `/x${req.url}`, headers: req.headers };
      req.pipe(http.request(target, (answer) => answer.pipe(res.writeHead(answer.statusCode ?? 500, answer.headers))));
    });
    const [moved] = await problems({ publicEndpoint: proxy });
    expect(moved).toMatchObject({ isCertain: true });
    // Ceph takes any region.
    const [region] = await problems({ region: "eu-west-9" });
    if (endpoint.ceph) expect(region).toBeUndefined();
    else expect(region?.message).toMatch(/is in another region.*set S3_REGION, which is eu-west-9\.$/);
  });
});

it("a bucket is created for an empty database only", async () => {
  const other = endpoint.storage("browser-way-missing");
  await expect(ensureBucket(other, async () => "it is not empty")).rejects.toMatchObject({
    message: expect.stringMatching(
      /^S3_BUCKET: there is no bucket browser-way-missing-\w+, and it is not created, because it is not empty\. /,
    ),
  });
  expect(await ensureBucket(other, async () => null)).toBe(true);
  expect(await ensureBucket(other, async () => "it is there")).toBe(false);
});

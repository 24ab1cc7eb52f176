import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStorage } from "@/lib/storage/client";
import {
  presignView,
  viewGuaranteedSeconds,
  viewSigner,
  viewWindow,
  viewWindowSeconds,
} from "@/lib/storage/presigned/view";
import type { SigningIdentity } from "@/lib/storage/sign";

const identity: SigningIdentity = {
  accessKeyId: "key",
  secretAccessKey: "secret",
  region: "us-east-1",
  endpoint: "http://127.0.0.1:9000",
  bucket: "atoll-media",
  forcePathStyle: true,
};

const moments = fc.date({ min: new Date("2020-01-01"), max: new Date("2099-12-31"), noInvalidDate: true });

describe("viewWindow", () => {
  it("is 15 minutes, and URLs stay valid for 30 more", () => {
    expect(viewWindowSeconds).toBe(900);
    expect(viewGuaranteedSeconds).toBe(1800);
  });

  it("contains the current time, and URLs are valid for at least 30 minutes more", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), moments, (key, now) => {
        const { signedAt, expiresInSeconds } = viewWindow(key, now);
        const ageSeconds = (now.getTime() - signedAt.getTime()) / 1000;
        expect(ageSeconds).toBeGreaterThanOrEqual(0);
        expect(ageSeconds).toBeLessThan(viewWindowSeconds);
        expect(expiresInSeconds - ageSeconds).toBeGreaterThan(viewGuaranteedSeconds);
        expect(signedAt.getTime() % 1000).toBe(0);
      }),
    );
  });

  it("is the same for a key at any time in it, and the next one follows without a gap", () => {
    fc.assert(
      fc.property(fc.string(), moments, fc.integer({ min: 0, max: 899_999 }), (key, now, laterMs) => {
        const { signedAt } = viewWindow(key, now);
        expect(viewWindow(key, new Date(signedAt.getTime() + laterMs)).signedAt).toEqual(signedAt);
        const next = new Date(signedAt.getTime() + viewWindowSeconds * 1000);
        expect(viewWindow(key, next).signedAt).toEqual(next);
      }),
    );
  });

  it("spreads the windows of a gallery, so that few URLs change per second", () => {
    const now = new Date("2026-01-01T12:00:00Z");
    const starts = new Map<number, number>();
    for (let index = 0; index < 9000; index++) {
      const start = viewWindow(`derived/${index.toString(16).padStart(32, "0")}/200.webp`, now).signedAt.getTime();
      starts.set(start, (starts.get(start) ?? 0) + 1);
    }
    expect(starts.size).toBeGreaterThan(850);
    expect(Math.max(...starts.values())).toBeLessThan(60);
  });
});

describe("presignView", () => {
  const now = new Date("2026-01-01T12:00:00Z");

  it("signs type, disposition, caching and version", () => {
    const url = new URL(presignView(identity, { key: "a b.jpg", versionId: "v1", contentType: "image/jpeg" }, now));
    expect(url.pathname).toBe("/atoll-media/a%20b.jpg");
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      "response-cache-control": "private, max-age=2700, immutable",
      "response-content-type": "image/jpeg",
      "response-content-disposition": "inline",
      versionId: "v1",
      "X-Amz-Expires": "2700",
    });
  });

  it("signs nothing a browser could run as inline", () => {
    for (const contentType of ["image/svg+xml", "text/html", "application/pdf", undefined]) {
      const { searchParams } = new URL(presignView(identity, { key: "a", contentType }, now));
      expect(searchParams.get("response-content-type")).toBe("application/octet-stream");
      expect(searchParams.get("response-content-disposition")).toBe("attachment");
    }
  });

  it("returns the same URL for the whole window", () => {
    const object = { key: "derived/x/200.webp", contentType: "image/webp" };
    const { signedAt } = viewWindow(object.key, now);
    const urls = [0, 1, 450_000, 899_999].map((ms) => presignView(identity, object, new Date(signedAt.getTime() + ms)));
    expect(new Set(urls).size).toBe(1);
    expect(presignView(identity, object, new Date(signedAt.getTime() + 900_000))).not.toBe(urls[0]);
  });
});

describe("viewSigner", () => {
  it("reads credentials once per page, and uses changed ones", async () => {
    let asked = 0;
    let current = { accessKeyId: "first", secretAccessKey: "s1" };
    const credentials = async () => {
      asked++;
      return { ...current, expiration: new Date() };
    };
    const store = createStorage({ ...identity, credentials });
    const sign = await viewSigner(store);
    const before = asked;
    for (let index = 0; index < 100; index++) sign({ key: `${index}` });
    expect(asked).toBe(before);
    const same = await store.signingIdentity();
    expect(await store.signingIdentity()).toBe(same);
    current = { accessKeyId: "second", secretAccessKey: "s2" };
    expect((await viewSigner(store))({ key: "a" })).toContain("X-Amz-Credential=second%2F");
    store.close();
  });

  it("uses the public endpoint", async () => {
    const store = createStorage({
      bucket: "atoll-media",
      region: "us-east-1",
      endpoint: "http://10.0.0.1:9000",
      publicEndpoint: "https://media.example.org",
      forcePathStyle: true,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    expect((await viewSigner(store))({ key: "x" })).toMatch(/^https:\/\/media\.example\.org\/atoll-media\/x\?/);
    store.close();
  });
});

describe("presign", () => {
  const root = path.resolve(import.meta.dirname, "../../../..");
  const sources = ["app", "components", "lib"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => path.join(folder, file)),
  );

  it("is used by lib/storage and lib/infra only, so that every view follows content-disposition.ts", () => {
    const users = sources.filter((file) =>
      /\bimport\s+(?!type\b)[^;]*?\bpresign\b[^;]*?["'][^"']*\/sign["']/.test(
        readFileSync(path.join(root, file), "utf8"),
      ),
    );
    // multipart.ts signs writes, never reads.
    expect(users.sort()).toEqual([
      "lib/infra/browser-way.ts",
      "lib/infra/trial-object.ts",
      "lib/storage/objects/multipart.ts",
      "lib/storage/presigned/view.ts",
    ]);
  });
});

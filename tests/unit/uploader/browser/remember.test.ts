import { expect, it } from "vitest";
import { uploadPolicy } from "@/lib/upload/policy";
import { isExpired, merged } from "@/lib/uploader/browser/remember";

const handle = { kind: "directory", name: "trip" } as FileSystemHandle;
const other = { kind: "directory", name: "more" } as FileSystemHandle;
const begun = { uploadId: "u", accountId: "a", collectionSlug: "reef", label: "trip", startedAt: 1, roots: [handle] };

it("keeps the handles when the upload is resumed without them", () => {
  const again = { ...begun, startedAt: 2, roots: [] };
  expect(merged(again, undefined)).toEqual(again);
  expect(merged(again, begun)).toEqual(begun);
  expect(merged({ ...again, roots: [other] }, begun)).toEqual({ ...begun, roots: [other] });
});

it("is expired when the server has expired the upload", () => {
  const ttlMs = uploadPolicy.uploadMaxLifeSeconds * 1_000;
  expect([isExpired(5, 5 + ttlMs), isExpired(5, 6 + ttlMs)]).toEqual([false, true]);
});

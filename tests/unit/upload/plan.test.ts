import { expect, it } from "vitest";
import { type Facts, planFile } from "@/lib/upload/file/plan";
import { uploadPolicy } from "@/lib/upload/policy";

const size = uploadPolicy.multipartFromBytes + 1;
const file = { path: "film.mov", size, modifiedAt: 1 };
const uploader = { userId: "ann", role: "contributor" } as const;
const unknown: Facts = { row: undefined, listed: undefined, parts: undefined, known: undefined, uploader };
const begun = { ...planFile(file, unknown).row, s3_upload_id: "multipart" };
const parts = [{ number: 1, sizeBytes: uploadPolicy.minPartBytes, etag: "e", crc64nvme: null }];
const known = (sameAsId: string | null): Facts["known"] => ({
  ...{ path: file.path, same_as_id: sameAsId, copy_of_id: null, exists: "same", may_be_known: false },
  ...{ media_id: "media", made_by_id: "ben" },
});

it("reserves for parts that have arrived as long as they stay, though nothing more need be sent", () => {
  const same = planFile(file, { ...unknown, row: begun, parts, known: known("revision") });
  expect(same).toMatchObject({ superseded: null, row: { reserved_bytes: BigInt(uploadPolicy.minPartBytes) } });
  // Of a conflict they are aborted.
  const conflict = planFile(file, { ...unknown, row: begun, parts, known: known(null) });
  expect(conflict).toMatchObject({ superseded: "multipart", row: { reserved_bytes: 0n } });
  expect(planFile(file, { ...unknown, known: known("revision") }).row.reserved_bytes).toBe(0n);
});

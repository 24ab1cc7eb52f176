import type { RawAnswer } from "../../../harness";
import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const setVersioning = (s3: TestBucket, status: "Enabled" | "Suspended") =>
  must(
    s3.put("", {
      query: { versioning: "" },
      body: `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`,
    }),
  );
const id = (answer: RawAnswer) => String(answer.headers["x-amz-version-id"]);

/** Two versions of `a` and one from before there were versions. */
const enabled = async (s3: TestBucket) => {
  await must(s3.put("a", { body: "before" }));
  await setVersioning(s3, "Enabled");
  const first = id(await must(s3.put("a", { body: "first" })));
  const second = id(await must(s3.put("a", { body: "second" })));
  return { first, second };
};
const versions = (s3: TestBucket, query: Record<string, string> = {}) =>
  s3.get("", { query: { versions: "", ...query } });

export const versioned = operations(enabled, {
  "whether versions are kept": (s3) => s3.get("", { query: { versioning: "" } }),
  "PUT of a version": (s3) => s3.put("a", { body: "third" }),
  "GET of the newest version": (s3) => s3.get("a"),
  "GET of an older version": (s3, { first }) => s3.get("a", { query: { versionId: first } }),
  "GET of what was there before": (s3) => s3.get("a", { query: { versionId: "null" } }),
  "HEAD of an older version": (s3, { first }) => s3.head("a", { query: { versionId: first } }),
  "GET of a version that is gone": async (s3, { second }) => {
    await must(s3.delete("a", { query: { versionId: second } }));
    return s3.get("a", { query: { versionId: second } });
  },
  "GET of a version id that is none": (s3) => s3.get("a", { query: { versionId: "no id" } }),
  "GET of a version of another key": (s3, { first }) => s3.get("b", { query: { versionId: first } }),
  "DELETE hides behind a marker": (s3) => s3.delete("a"),
  "DELETE of a missing key makes a marker": (s3) => s3.delete("missing"),
  "DELETE of a version": (s3, { second }) => s3.delete("a", { query: { versionId: second } }),
  "DELETE of a version twice": async (s3, { second }) => {
    await must(s3.delete("a", { query: { versionId: second } }));
    return s3.delete("a", { query: { versionId: second } });
  },
  "GET after the newest version's DELETE": async (s3, { second }) => {
    await must(s3.delete("a", { query: { versionId: second } }));
    return s3.get("a");
  },
  "copy of an older version": (s3, { first }) =>
    s3.put("b", { headers: { "x-amz-copy-source": `/${s3.name}/a?versionId=${first}` } }),
  "list of versions": (s3) => versions(s3),
  "first page of versions": (s3) => versions(s3, { "max-keys": "2" }),
  "versions after a version": (s3, { second }) => versions(s3, { "key-marker": "a", "version-id-marker": second }),
  "versions after a version without its key": (s3, { second }) => versions(s3, { "version-id-marker": second }),
  "deleting the bucket of versions": (s3) => s3.delete(""),
  "tags of an older version": async (s3, { first }) => {
    const body = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    await must(s3.put("a", { query: { tagging: "", versionId: first }, body }));
    return s3.get("a", { query: { tagging: "", versionId: first } });
  },
});

const hidden = async (s3: TestBucket) => {
  const ids = await enabled(s3);
  return { ...ids, marker: id(await must(s3.delete("a"))) };
};

export const deleteMarkers = operations(hidden, {
  "GET behind a delete marker": (s3) => s3.get("a"),
  "HEAD behind a delete marker": (s3) => s3.head("a"),
  "GET of a version behind a delete marker": (s3, { first }) => s3.get("a", { query: { versionId: first } }),
  "GET of a delete marker": (s3, { marker }) => s3.get("a", { query: { versionId: marker } }),
  "HEAD of a delete marker": (s3, { marker }) => s3.head("a", { query: { versionId: marker } }),
  "list behind a delete marker": (s3) => s3.get("", { query: { "list-type": "2" } }),
  "list of versions with a delete marker": (s3) => versions(s3),
  "DELETE of a delete marker": (s3, { marker }) => s3.delete("a", { query: { versionId: marker } }),
  "GET after a delete marker's DELETE": async (s3, { marker }) => {
    await must(s3.delete("a", { query: { versionId: marker } }));
    return s3.get("a");
  },
  "copy of a delete marker": (s3, { marker }) =>
    s3.put("b", { headers: { "x-amz-copy-source": `/${s3.name}/a?versionId=${marker}` } }),
});

const suspended = async (s3: TestBucket) => {
  const ids = await enabled(s3);
  await setVersioning(s3, "Suspended");
  return ids;
};

export const suspendedVersioning = operations(suspended, {
  "PUT while versions are suspended": (s3) => s3.put("a", { body: "null version" }),
  "versions after a PUT while suspended": async (s3) => {
    await must(s3.put("a", { body: "null version" }));
    return versions(s3);
  },
  "DELETE while versions are suspended": (s3) => s3.delete("a"),
  "versions after a DELETE while suspended": async (s3) => {
    await must(s3.delete("a"));
    return versions(s3);
  },
  "GET of an older version while suspended": (s3, { first }) => s3.get("a", { query: { versionId: first } }),
});

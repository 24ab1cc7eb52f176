import { readFile, rm, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { bucketIn } from "../conformance/fixture";
import { root } from "../harness";
import { changeTimes, LARGE_BYTES, paths, readTree } from "./files";
import { describeClient, pythonProgram, writes } from "./fixture";

describeClient("aws", "awscli", (setting) => {
  const { store, media, path } = setting;
  const plain = bucketIn(store, "plain");
  const program = pythonProgram(setting, "/usr/bin/aws", ["awscli.clidriver", "awscli.handlers"], () => ({
    AWS_ACCESS_KEY_ID: root.accessKeyId,
    AWS_SECRET_ACCESS_KEY: root.secretAccessKey,
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_CONFIG_FILE: path("no-config"),
    AWS_SHARED_CREDENTIALS_FILE: path("no-credentials"),
    AWS_EC2_METADATA_DISABLED: "true",
  }));
  const aws = (...args: string[]) => program.run(["--endpoint-url", store.endpoint, ...args]);
  const api = async (...args: string[]) => JSON.parse((await aws("s3api", ...args)) || "null");

  it("makes a bucket, puts, lists, copies, moves, gets and deletes an object of an unusual name", async () => {
    await aws("s3", "mb", "s3://made");
    const url = "s3://made/a//b +%41 ü😀";
    await aws("s3", "cp", path("tree/plain.txt"), url);
    expect(await aws("s3", "ls", "s3://made/a//")).toMatch(/ 12 b \+%41 ü😀\n$/);
    await aws("s3", "cp", url, "s3://made/copy");
    await aws("s3", "mv", "s3://made/copy", "s3://made/moved");
    expect(await aws("s3", "cp", "s3://made/moved", "-")).toBe("of plain.txt");
    await aws("s3", "rm", url);
    expect(await aws("s3", "ls", "--recursive", "s3://made")).toMatch(/^\S+ \S+ +12 moved\n$/);
    await expect(aws("s3", "cp", url, "-")).rejects.toThrow("404");
    await aws("s3", "rb", "--force", "s3://made");
    expect(await aws("s3", "ls")).not.toContain("made");
  });

  it("syncs a tree up and down, byte for byte, and sends nothing twice", async () => {
    await aws("s3", "sync", path("tree"), "s3://media/tree");
    expect(await media.keys("tree/")).toEqual(paths.map((one) => `tree/${one}`));
    expect((await media.head("tree/large.bin")).ETag).toMatch(/-3"$/);
    await aws("s3", "sync", "s3://media/tree", path("back"));
    expect(await readTree(path("back"))).toEqual(await readTree(path("tree")));

    const [written, times] = [await writes(media), await changeTimes(path("back"))];
    expect(await aws("s3", "sync", path("tree"), "s3://media/tree")).toBe("");
    expect(await aws("s3", "sync", "s3://media/tree", path("back"))).toBe("");
    expect([await writes(media), await changeTimes(path("back"))]).toEqual([written, times]);
  });

  it("syncs from bucket to bucket, the large file by copied parts", async () => {
    await aws("s3", "sync", "s3://media/tree", "s3://plain/copied");
    expect(await plain.keys("copied/")).toEqual(paths.map((one) => `copied/${one}`));
    const copied = await plain.bytes("copied/large.bin");
    expect(copied.equals(await readFile(path("tree/large.bin")))).toBe(true);
    expect((await plain.head("copied/large.bin")).ETag).toMatch(/-3"$/);
  });

  it("syncs deletions, and nothing else", async () => {
    const before = await writes(media);
    for (const one of ["dir/x", "～.txt"]) await rm(path(`back/${one}`));
    await aws("s3", "sync", "--delete", path("back"), "s3://media/tree");
    const left = paths.filter((one) => one !== "dir/x" && one !== "～.txt");
    expect(await media.keys("tree/")).toEqual(left.map((one) => `tree/${one}`));
    expect(await writes(media)).toBe(before + 2);
    await aws("s3", "rm", "--recursive", "s3://media/tree");
    expect(await media.keys()).toEqual([]);
  });

  it("presigns a URL that anyone can fetch", async () => {
    await plain.put("sig ned+ü", "signed");
    const url = (await aws("s3", "presign", "s3://plain/sig ned+ü", "--expires-in", "60")).trim();
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, "signed"]);
    expect((await fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))).status).toBe(403);
  });

  it("gets a range, and checks what it gets by the checksum it was put with", async () => {
    const object = ["--bucket", "plain", "--key", "checked"];
    const put = await api("put-object", ...object, "--body", path("tree/large.bin"), "--checksum-algorithm", "SHA256");
    expect(put.ChecksumSHA256).toMatch(/^[\w+/]{43}=$/);
    const got = await api("get-object", ...object, "--checksum-mode", "ENABLED", path("got"));
    expect(got).toMatchObject({ ContentLength: LARGE_BYTES, ChecksumSHA256: put.ChecksumSHA256, ETag: put.ETag });
    const range = await api("get-object", ...object, "--range", "bytes=1000-1999", path("range"));
    expect(range.ContentRange).toBe(`bytes 1000-1999/${LARGE_BYTES}`);
    const whole = await readFile(path("tree/large.bin"));
    expect(whole.equals(await readFile(path("got")))).toBe(true);
    expect(whole.subarray(1000, 2000).equals(await readFile(path("range")))).toBe(true);
  });

  it("lists versions, gets an old one, and brings back what was deleted", async () => {
    const object = ["--bucket", "media", "--key", "versions/ü"];
    for (const text of ["one", "two"]) {
      await writeFile(path("text"), text);
      await aws("s3", "cp", path("text"), "s3://media/versions/ü");
    }
    await aws("s3", "rm", "s3://media/versions/ü");
    const found = await api("list-object-versions", "--bucket", "media", "--prefix", "versions/");
    expect(found.Versions).toMatchObject([{ Key: "versions/ü", IsLatest: false, Size: 3 }, { Key: "versions/ü" }]);
    expect(found.DeleteMarkers).toMatchObject([{ Key: "versions/ü", IsLatest: true }]);
    await api("get-object", ...object, "--version-id", found.Versions[1].VersionId, path("old"));
    expect(await readFile(path("old"), "utf8")).toBe("one");
    await api("delete-object", ...object, "--version-id", found.DeleteMarkers[0].VersionId);
    expect(await aws("s3", "cp", "s3://media/versions/ü", "-")).toBe("two");
  });
});

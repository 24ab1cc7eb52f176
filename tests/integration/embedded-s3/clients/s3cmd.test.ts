import { readFile, rm, writeFile } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { bucketIn } from "../conformance/fixture";
import { raw, root } from "../harness";
import { changeTimes, paths, readTree } from "./files";
import { describeClient, pythonProgram, writes } from "./fixture";

describeClient("s3cmd", "s3cmd", (setting) => {
  const { store, media, path } = setting;
  const plain = bucketIn(store, "plain");
  const program = pythonProgram(setting, "/usr/bin/s3cmd", ["S3.S3", "S3.CloudFront", "S3.FileLists"]);
  const s3cmd = (...args: string[]) => program.run(["-c", path("s3cfg"), ...args]);

  beforeAll(async () => {
    const keys = { access_key: root.accessKeyId, secret_key: root.secretAccessKey };
    const host = new URL(store.endpoint).host;
    // Without %(bucket)s in it this is path style.
    const settings = { ...keys, host_base: host, host_bucket: host, use_https: "False" };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
    await writeFile(path("s3cfg"), `[default]\n${lines.join("")}`);
  });

  it("makes a bucket, reports its location, and removes it", async () => {
    await s3cmd("mb", "s3://made");
    expect(await s3cmd("ls")).toMatch(/s3:\/\/made\n/);
    expect(await s3cmd("info", "s3://made")).toMatch(/Location: +us-east-1\n[\s\S]*ACL: +root: FULL_CONTROL/);
    await s3cmd("rb", "s3://made");
    expect(await s3cmd("ls")).not.toContain("s3://made");
  });

  it("puts, lists, describes, copies, moves, gets and deletes an object of an unusual name", async () => {
    const key = "a//b +%41 ü😀";
    await s3cmd("put", path("tree/plain.txt"), `s3://plain/${key}`);
    expect(await plain.text(key)).toBe("of plain.txt");
    expect(await s3cmd("ls", "s3://plain/a//")).toContain(`12  s3://plain/${key}\n`);
    expect(await s3cmd("info", `s3://plain/${key}`)).toMatch(
      /File size: 12\n[\s\S]*MD5 sum: +e7654a18ec73f9fe6c46810f/,
    );
    await s3cmd("cp", `s3://plain/${key}`, "s3://plain/copy");
    await s3cmd("mv", "s3://plain/copy", "s3://plain/moved");
    expect(await s3cmd("get", "s3://plain/moved", "-")).toBe("of plain.txt");
    expect(await plain.keys()).toEqual([key, "moved"]);
    await s3cmd("del", `s3://plain/${key}`, "s3://plain/moved");
    expect(await plain.keys()).toEqual([]);
    await expect(s3cmd("get", "s3://plain/moved", "-")).rejects.toThrow(/404|does not exist/);
  });

  it("resumes a download", async () => {
    await plain.put("long", "0123456789");
    await writeFile(path("half"), "01234");
    await s3cmd("get", "--continue", "s3://plain/long", path("half"));
    expect(await readFile(path("half"), "utf8")).toBe("0123456789");
  });

  it("syncs a tree up and down, byte for byte, and sends nothing twice", async () => {
    await s3cmd("sync", `${path("tree")}/`, "s3://media/tree/");
    expect(await media.keys("tree/")).toEqual(paths.map((one) => `tree/${one}`));
    expect((await media.head("tree/large.bin")).ETag).toMatch(/-2"$/);
    await s3cmd("sync", "s3://media/tree/", `${path("back")}/`);
    expect(await readTree(path("back"))).toEqual(await readTree(path("tree")));

    const [written, times] = [await writes(media), await changeTimes(path("back"))];
    expect(await s3cmd("sync", `${path("tree")}/`, "s3://media/tree/")).toBe("");
    expect(await s3cmd("sync", "s3://media/tree/", `${path("back")}/`)).toBe("");
    expect([await writes(media), await changeTimes(path("back"))]).toEqual([written, times]);
  });

  it("syncs deletions, and nothing else", async () => {
    const before = await writes(media);
    for (const one of ["dir/x", "～.txt"]) await rm(path(`back/${one}`));
    await s3cmd("sync", "--delete-removed", `${path("back")}/`, "s3://media/tree/");
    const left = paths.filter((one) => one !== "dir/x" && one !== "～.txt");
    expect(await media.keys("tree/")).toEqual(left.map((one) => `tree/${one}`));
    expect(await writes(media)).toBe(before + 2);
    await s3cmd("del", "--recursive", "--force", "s3://media/tree/");
    expect(await media.keys()).toEqual([]);
  });

  it("presigns by signature version 2 only, which the store rejects with a message", async () => {
    await plain.put("signed", "x");
    const url = (await s3cmd("signurl", "s3://plain/signed", "+60")).trim();
    expect(url).toContain("AWSAccessKeyId=");
    const answer = await raw("GET", url);
    expect(answer).toMatchObject({ status: 400, code: "InvalidRequest" });
    expect(answer.text).toContain("Please use AWS4-HMAC-SHA256.");
  });
});

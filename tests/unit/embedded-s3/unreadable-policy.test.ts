import { describe, expect, it } from "vitest";
import { isAllowed } from "@/lib/embedded/s3/access/authorize";
import { UserDirectory } from "@/lib/embedded/s3/auth/users";
import { PolicyError } from "@/lib/policy/error";
import { incoming } from "./request";

describe("a stored policy that no longer parses", () => {
  const users = new UserDirectory([
    { name: "root", accessKeyId: "ROOT", secretAccessKey: "12345678" },
    { name: "ann", accessKeyId: "ANN", secretAccessKey: "12345678" },
  ]);
  const may = (accessKeyId: string, action: string) => {
    const user = users.find(accessKeyId);
    if (!user) throw new Error("No such user.");
    const identity = users.identify(user, "REST-HEADER", 0);
    const bucket = { id: 1, name: "media", owner: "root", createdAt: 0, policy: "{" };
    return isAllowed({ request: incoming("GET", "/media"), identity, bucket, action });
  };

  it("can be replaced by the bucket's owner and allows nothing else", () => {
    expect(may("ROOT", "s3:DeleteBucketPolicy")).toBe(true);
    expect(() => may("ROOT", "s3:ListBucket")).toThrow(PolicyError);
    expect(() => may("ANN", "s3:DeleteBucketPolicy")).toThrow(PolicyError);
  });
});

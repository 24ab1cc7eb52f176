import { randomBytes } from "node:crypto";
import { mintUserViewer, type UserViewer } from "@/lib/auth/viewer";
import { createCollection } from "@/lib/collection/commands";
import type { Role, Visibility } from "@/lib/collection/policy";
import { db } from "@/lib/db";
import type { PostPolicy } from "@/lib/upload/schema";

/** A person of this test file's database. */
export async function testUser(name = "Someone"): Promise<UserViewer> {
  const email = `${randomBytes(8).toString("hex")}@example.org`;
  const user = await db().user.create({ data: { email, name }, select: { id: true, name: true, email: true } });
  return mintUserViewer(user);
}

/** A collection of `owner`, and its address. */
export async function testCollection(owner: UserViewer, visibility: Visibility = "private"): Promise<string> {
  const name = `Reef ${randomBytes(4).toString("hex")}`;
  const { slug } = await createCollection(owner, { name, description: "", visibility });
  return slug;
}

/** A person with a role in the collection. */
export async function testMember(slug: string, role: Role): Promise<UserViewer> {
  const viewer = await testUser(role);
  await db().member.create({
    data: { user: { connect: { id: viewer.userId } }, collection: { connect: { slug } }, role },
  });
  return viewer;
}

/** What a browser does with one file: a form POST to S3, the whole key in `key`. */
export async function postFile(
  policy: PostPolicy,
  key: string,
  bytes: Uint8Array<ArrayBuffer> | string,
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...policy.fields, key })) form.append(name, value);
  form.append("file", new Blob([bytes]), "file");
  return fetch(policy.url, { method: "POST", body: form });
}

import "server-only";
import { randomInt } from "node:crypto";
import { requireScope, type Viewer } from "@/lib/auth/viewer";
import { db, Prisma, type Transaction } from "@/lib/db";
import { AppError, changedMeanwhile, notFound } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { once } from "@/lib/idempotency/commands";
import { collectionById, collectionsWhere, trashedCollectionsWhere } from "./queries";
import { type CreateCollectionInput, isSlug, type UpdateCollectionInput } from "./schema";
import { slugCandidate, slugOf } from "./slug";

const maxSlugAttempts = 8;

/**
 * Creates a collection with the viewer as its owner; without a slug, from the name. Returns its slug, which has a random suffix
 * where the wanted one is taken. Throws UNAUTHENTICATED, SCOPE.
 */
export async function createCollection(
  viewer: Viewer,
  input: CreateCollectionInput,
  idempotencyKey?: string,
): Promise<{ slug: string }> {
  if (viewer.kind === "anonymous") throw new AppError("UNAUTHENTICATED", "Sign in to create a collection.");
  if (viewer.kind === "system") throw new AppError("INVALID", "A collection needs a person as its first owner.");
  requireScope(viewer, "manage");
  const { slug: wanted, ...fields } = input;
  return once(
    viewer,
    { key: idempotencyKey, operation: "collection.create", input },
    async (settle) => {
      const slug = await takeSlug(wanted ?? slugOf(fields.name), (candidate) =>
        db().$transaction(async (tx) => settle(tx, await insertOwned(tx, viewer, { ...fields, slug: candidate }))),
      );
      return { slug };
    },
    async (collectionId) => ({ slug: (await collectionById(viewer, collectionId)).slug }),
  );
}

/**
 * Calls `write` with the wanted slug, then with others like it, until one is free, and returns that one. A taken slug is never an
 * error: it would tell that somebody has a collection with this address, who may be a stranger with a private one. The unique
 * index decides, because a query beforehand would race.
 */
async function takeSlug(wanted: string, write: (slug: string) => Promise<void>): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    const slug = slugCandidate(wanted, attempt, randomSuffix());
    try {
      await write(slug);
      return slug;
    } catch (error) {
      if (!isTaken(error) || attempt === maxSlugAttempts) throw error;
    }
  }
}

type NewCollection = Omit<CreateCollectionInput, "slug"> & { slug: string };

async function insertOwned(tx: Transaction, viewer: Viewer & { kind: "user" }, data: NewCollection): Promise<string> {
  const { userId } = viewer;
  const { id } = await tx.collection.create({
    data: { ...data, createdById: userId, members: { create: { userId, role: "owner" } } },
    select: { id: true },
  });
  await recordEvent(tx, viewer, {
    action: "collection.created",
    subjectType: "collection",
    subjectId: id,
    collectionId: id,
    detail: { name: data.name, slug: data.slug, visibility: data.visibility },
  });
  return id;
}

/** The version that was read before: a change of another one is refused. Without it any version is changed. */
export type ReadVersion = { editVersion?: number | undefined };

/** Changes name, description and visibility. The slug stays, so that links keep working. Throws NOT_FOUND, CHANGED. */
export async function updateCollection(
  viewer: Viewer,
  slug: string,
  input: UpdateCollectionInput,
  read: ReadVersion = {},
): Promise<void> {
  const scope = collectionsWhere(viewer, "changeSettings");
  const data = { ...input, editVersion: { increment: 1 } };
  await change(viewer, slug, scope, "collection.changed", data, { ...input }, read);
}

/** Moves a collection to the trash, with everything in it unchanged. Throws NOT_FOUND, CHANGED. */
export async function trashCollection(viewer: Viewer, slug: string, read: ReadVersion = {}): Promise<void> {
  const scope = collectionsWhere(viewer, "trashCollection");
  await change(viewer, slug, scope, "collection.trashed", { deletedAt: new Date() }, {}, read);
}

export async function restoreCollection(viewer: Viewer, slug: string): Promise<void> {
  const scope = trashedCollectionsWhere(viewer, "trashCollection");
  await change(viewer, slug, scope, "collection.restored", { deletedAt: null });
}

async function change(
  viewer: Viewer,
  slug: string,
  scope: Prisma.CollectionWhereInput,
  action: "collection.changed" | "collection.trashed" | "collection.restored",
  data: Prisma.CollectionUpdateManyMutationInput,
  detail: Prisma.InputJsonObject = {},
  { editVersion }: ReadVersion = {},
): Promise<void> {
  if (!isSlug(slug)) throw notFound("collection");
  await db().$transaction(async (tx) => {
    const wanted: Prisma.CollectionWhereInput = { AND: [{ slug }, scope] };
    // The update itself is scoped: a role taken away in the meantime counts.
    const [changed] = await tx.collection.updateManyAndReturn({
      where: editVersion === undefined ? wanted : { ...wanted, editVersion },
      data,
      select: { id: true },
    });
    if (!changed && editVersion !== undefined && (await tx.collection.count({ where: wanted })) > 0)
      throw changedMeanwhile("collection");
    if (!changed) throw notFound("collection");
    await recordEvent(tx, viewer, {
      action,
      subjectType: "collection",
      subjectId: changed.id,
      collectionId: changed.id,
      detail,
    });
  });
}

function isTaken(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
}

function randomSuffix(): string {
  return Array.from({ length: 8 }, () => randomInt(36).toString(36)).join("");
}

import { randomBytes, randomUUID } from "node:crypto";
import { viewerOfCookies } from "@/lib/auth/session";
import { mintAnonymousViewer, type UserViewer, type Viewer } from "@/lib/auth/viewer";
import type { Role, Visibility } from "@/lib/collection/policy";
import { db, firstId } from "@/lib/db";
import { disable, person, sessionCookie, system } from "../../support/fixtures/people";

/** All actors, in the order of the table's columns. */
export const actorNames = [
  "anonymous",
  "stranger",
  "viewer",
  "contributor",
  "editor",
  "owner",
  "disabled",
  "system",
] as const;
export type ActorName = (typeof actorNames)[number];

/** What a row needs changed in the world before its command runs. */
export type Given = {
  /** The upload and the media are the actor's own. */
  own?: boolean;
  uploadState?: "sealed" | "aborted" | "verified" | "undone" | "undoing";
  /** The open upload is past its time. */
  expired?: boolean;
  pending?: boolean;
  /** The derived id of replaced derivatives. */
  spareDerivedId?: string;
  mediaTrashed?: boolean;
  collectionTrashed?: boolean;
};

export type World = {
  slug: string;
  collectionId: string;
  uploadId: string;
  /** Registered, and large enough for parts. */
  fileId: string;
  mediaId: string;
  revisionId: string;
  /** Someone with role viewer, who never asks. */
  bystanderId: string;
  newcomerId: string;
};

type Person = Exclude<ActorName, "anonymous" | "system"> | "creator" | "bystander" | "newcomer";

// The disabled one is an owner, so that nothing but the disabling keeps them out.
const membership: Partial<Record<Person, Role>> = {
  viewer: "viewer",
  contributor: "contributor",
  editor: "editor",
  owner: "owner",
  disabled: "owner",
  bystander: "viewer",
  creator: "editor",
};

/** The registered file of the upload. */
const filmBytes = 17_000_000;
const film = { sizeBytes: filmBytes, reservedBytes: filmBytes, partSize: 8_388_608 };

export class Stage {
  readonly #people: Record<Person, UserViewer>;
  readonly #cookies = new Map<string, Record<string, string>>();

  private constructor(people: Record<Person, UserViewer>) {
    this.#people = people;
  }

  static async set(): Promise<Stage> {
    const names = [...actorNames, "creator", "bystander", "newcomer"] as const;
    const people: Partial<Record<Person, UserViewer>> = {};
    for (const name of names) if (name !== "anonymous" && name !== "system") people[name] = await person(name);
    const stage = new Stage(people as Record<Person, UserViewer>);
    for (const [name, viewer] of Object.entries(people)) stage.#cookies.set(name, await sessionCookie(viewer));
    await disable(stage.#people.disabled);
    return stage;
  }

  person(name: Person): UserViewer {
    return this.#people[name];
  }

  /** The cookies of an actor's browser; none of a visitor's. */
  cookie(name: ActorName): Record<string, string> {
    return this.#cookies.get(name) ?? {};
  }

  /** As the site would see them: through the cookie of a session. */
  async viewer(name: ActorName): Promise<Viewer> {
    if (name === "system") return system;
    if (name === "anonymous") return mintAnonymousViewer();
    return viewerOfCookies(this.#cookies.get(name) ?? {});
  }

  /** A collection with all actors as members, one upload and one picture. */
  async world(visibility: Visibility, actor: ActorName, given: Given): Promise<World> {
    const slug = `reef-${randomBytes(8).toString("hex")}`;
    const world = {
      slug,
      collectionId: randomUUID(),
      uploadId: randomUUID(),
      fileId: randomUUID(),
      mediaId: randomUUID(),
      revisionId: randomUUID(),
    };
    const isPerson = actor !== "anonymous" && actor !== "system";
    const createdById = given.own ? (isPerson ? this.#people[actor].userId : null) : this.#people.creator.userId;
    const now = Date.now();
    // An upload that has ended reserves nothing.
    const reservedBytes = given.uploadState === undefined || given.uploadState === "sealed" ? filmBytes : 0;
    await db().collection.create({
      data: {
        id: world.collectionId,
        slug,
        name: "Reef",
        visibility,
        mediaCount: given.mediaTrashed ? 0 : 1,
        sizeBytes: given.mediaTrashed ? 0 : 1_000,
        reservedBytes,
        deletedAt: given.collectionTrashed ? new Date() : null,
        members: {
          createMany: {
            data: Object.entries(membership).map(([name, role]) => ({
              userId: this.#people[name as Person].userId,
              role,
            })),
          },
        },
        uploads: {
          create: {
            id: world.uploadId,
            createdById,
            expiresAt: new Date(now + (given.expired ? -60_000 : 60 * 60_000)),
            ...(given.uploadState === "sealed" ? { state: "sealed", sealedAt: new Date() } : {}),
            // So long ago that no grant is alive.
            ...(given.uploadState === "aborted" ? { state: "aborted", endedAt: new Date(0) } : {}),
            ...(["verified", "undone", "undoing"].includes(given.uploadState ?? "")
              ? { state: "verified", sealedAt: new Date(), endedAt: new Date() }
              : {}),
            ...(given.uploadState === "undone" ? { undo: { create: { at: new Date(), byId: createdById } } } : {}),
            ...(given.uploadState === "undoing" ? { undo: { create: { at: new Date(), cursor: firstId } } } : {}),
            reservedBytes,
            files: { create: { id: world.fileId, path: "film.mov", ...film, reservedBytes } },
          },
        },
      },
    });
    if (createdById !== null)
      await db().user.update({ where: { id: createdById }, data: { reservedBytes: { increment: reservedBytes } } });
    await this.#addPicture(world, createdById, given);
    return { ...world, bystanderId: this.#people.bystander.userId, newcomerId: this.#people.newcomer.userId };
  }

  async #addPicture(
    { collectionId, uploadId, mediaId, revisionId }: Omit<World, "bystanderId" | "newcomerId">,
    createdById: string | null,
    given: Given,
  ): Promise<void> {
    const path = "site 3/reef.jpg";
    const derived = {
      contentType: "image/jpeg",
      width: 4_000,
      height: 3_000,
      derivedId: randomBytes(16).toString("hex"),
    };
    await db().media.create({
      data: {
        id: mediaId,
        collectionId,
        path,
        createdById,
        takenAt: new Date(),
        latitude: 12.5,
        longitude: -68.3,
        deletedAt: given.mediaTrashed ? new Date() : null,
        revisions: {
          create: {
            id: revisionId,
            uploadId,
            number: 1,
            key: `media/${collectionId}/${uploadId}/${path}`,
            versionId: "v1",
            sizeBytes: 1_000,
            etag: randomBytes(16).toString("hex"),
            pictureVersion: 0,
            ...(given.spareDerivedId ? { spareDerivedId: given.spareDerivedId } : {}),
            ...(given.pending ? { state: "pending" } : { state: "ready", ...derived }),
          },
        },
      },
    });
    await db().media.update({ where: { id: mediaId }, data: { currentRevisionId: revisionId } });
  }
}

/** Everything a command could have changed, as text. */
export async function snapshot({ collectionId }: World): Promise<string> {
  const [row] = await db().$queryRaw<{ state: string }[]>`
    SELECT jsonb_build_array(
      (SELECT count(*) FROM "collection"),
      (SELECT count(*) FROM "event"),
      (SELECT to_jsonb(c) FROM "collection" c WHERE c."id" = ${collectionId}::uuid),
      (SELECT jsonb_agg(to_jsonb(m) ORDER BY m."user_id") FROM "member" m WHERE m."collection_id" = ${collectionId}::uuid),
      (SELECT jsonb_agg(to_jsonb(u) ORDER BY u."id") FROM "upload" u WHERE u."collection_id" = ${collectionId}::uuid),
      (SELECT jsonb_agg(to_jsonb(f) ORDER BY f."id") FROM "upload_file" f JOIN "upload" u ON u."id" = f."upload_id"
        WHERE u."collection_id" = ${collectionId}::uuid),
      (SELECT jsonb_agg(to_jsonb(d)) FROM "upload_undo" d JOIN "upload" u ON u."id" = d."upload_id"
        WHERE u."collection_id" = ${collectionId}::uuid),
      (SELECT jsonb_agg(to_jsonb(m) ORDER BY m."id") FROM "media" m WHERE m."collection_id" = ${collectionId}::uuid),
      (SELECT jsonb_agg(to_jsonb(r) ORDER BY r."id") FROM "revision" r
        JOIN "media" m ON m."id" = r."media_id" WHERE m."collection_id" = ${collectionId}::uuid)
    )::text AS state`;
  return row?.state ?? "";
}

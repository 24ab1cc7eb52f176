import { randomBytes, randomUUID } from "node:crypto";
import { viewerOfCookies } from "@/lib/auth/session";
import { mintAnonymousViewer, type UserViewer, type Viewer } from "@/lib/auth/viewer";
import type { Role, Visibility } from "@/lib/collection/policy";
import { db, execute, firstId, query } from "@/lib/db";
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
const filmBytes = 17_000_000n;
const film = { path: "film.mov", size_bytes: filmBytes, part_size: 8_388_608 };

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

  /** All actors as the site would see them: through the cookie of a session. */
  async viewers(): Promise<Record<ActorName, Viewer>> {
    const seen = actorNames.map(async (name): Promise<[ActorName, Viewer]> => [name, await this.#viewer(name)]);
    return Object.fromEntries(await Promise.all(seen)) as Record<ActorName, Viewer>;
  }

  person(name: Person): UserViewer {
    return this.#people[name];
  }

  /** The cookies of an actor's browser; none of a visitor's. */
  cookie(name: ActorName): Record<string, string> {
    return this.#cookies.get(name) ?? {};
  }

  async #viewer(name: ActorName): Promise<Viewer> {
    if (name === "system") return system;
    if (name === "anonymous") return mintAnonymousViewer();
    return viewerOfCookies(this.#cookies.get(name) ?? {});
  }

  /** A collection with all actors as members, one upload and one picture: some thousand are made, each by one statement. */
  async world(visibility: Visibility, actor: ActorName, given: Given): Promise<World> {
    const world = {
      slug: `reef-${randomBytes(8).toString("hex")}`,
      collectionId: randomUUID(),
      uploadId: randomUUID(),
      fileId: randomUUID(),
      mediaId: randomUUID(),
      revisionId: randomUUID(),
    };
    const isPerson = actor !== "anonymous" && actor !== "system";
    const createdById = given.own ? (isPerson ? this.#people[actor].userId : null) : this.#people.creator.userId;
    // An upload that has ended reserves nothing.
    const reservedBytes = given.uploadState === undefined || given.uploadState === "sealed" ? filmBytes : 0n;
    const { upload, undo } = uploadRows(world, createdById, given);
    const { media, revision } = pictureRows(world, createdById, given);
    const collection = {
      id: world.collectionId,
      slug: world.slug,
      name: "Reef",
      visibility,
      media_count: given.mediaTrashed ? 0 : 1,
      size_bytes: given.mediaTrashed ? 0n : 1_000n,
      reserved_bytes: reservedBytes,
      updated_at: new Date(),
      deleted_at: given.collectionTrashed ? new Date() : null,
    };
    const members = Object.entries(membership).map(([name, role]) => ({
      collection_id: world.collectionId,
      user_id: this.#people[name as Person].userId,
      role,
    }));
    const file = { id: world.fileId, upload_id: world.uploadId, ...film, reserved_bytes: reservedBytes };
    await execute(
      db(),
      query
        .with("collections", (to) => to.insertInto("collection").values(collection))
        .with("members", (to) => to.insertInto("member").values(members))
        .with("uploads", (to) => to.insertInto("upload").values({ ...upload, reserved_bytes: reservedBytes }))
        .with("files", (to) => to.insertInto("upload_file").values(file))
        .with("medias", (to) => to.insertInto("media").values(media))
        .with("revisions", (to) => to.insertInto("revision").values(revision))
        .updateTable("user")
        .set((eb) => ({ reserved_bytes: eb("reserved_bytes", "+", reservedBytes) }))
        .where("id", "=", createdById),
    );
    if (undo) await execute(db(), query.insertInto("upload_undo").values(undo));
    return { ...world, bystanderId: this.#people.bystander.userId, newcomerId: this.#people.newcomer.userId };
  }
}

type Ids = Omit<World, "bystanderId" | "newcomerId">;

function uploadRows({ collectionId, uploadId }: Ids, createdById: string | null, given: Given) {
  const now = new Date();
  const state = given.uploadState ?? "open";
  const isUndone = state === "undone" || state === "undoing";
  const upload = {
    id: uploadId,
    collection_id: collectionId,
    created_by_id: createdById,
    expires_at: new Date(now.getTime() + (given.expired ? -60_000 : 60 * 60_000)),
    state: isUndone ? "verified" : state,
    sealed_at: state === "open" || state === "aborted" ? null : now,
    // Aborted so long ago that no grant is alive.
    ended_at: state === "aborted" ? new Date(0) : state === "open" || state === "sealed" ? null : now,
  } as const;
  const undone = { upload_id: uploadId, at: now };
  const undo =
    state === "undone"
      ? { ...undone, by_id: createdById }
      : state === "undoing"
        ? { ...undone, cursor: firstId }
        : null;
  return { upload, undo };
}

function pictureRows({ collectionId, uploadId, mediaId, revisionId }: Ids, createdById: string | null, given: Given) {
  const path = "site 3/reef.jpg";
  const media = {
    id: mediaId,
    collection_id: collectionId,
    path,
    created_by_id: createdById,
    taken_at: new Date(),
    updated_at: new Date(),
    latitude: 12.5,
    longitude: -68.3,
    deleted_at: given.mediaTrashed ? new Date() : null,
    current_revision_id: revisionId,
  };
  const derived = {
    state: "ready",
    content_type: "image/jpeg",
    width: 4_000,
    height: 3_000,
    derived_id: randomBytes(16).toString("hex"),
  } as const;
  const revision = {
    id: revisionId,
    media_id: mediaId,
    upload_id: uploadId,
    number: 1,
    key: `media/${collectionId}/${uploadId}/${path}`,
    version_id: "v1",
    size_bytes: 1_000n,
    etag: randomBytes(16).toString("hex"),
    picture_version: 0,
    spare_derived_id: given.spareDerivedId ?? null,
    ...(given.pending ? { state: "pending" as const } : derived),
  };
  return { media, revision };
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

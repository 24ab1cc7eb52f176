import type { Viewer } from "@/lib/auth/viewer";
import * as memberCommands from "@/lib/member/commands";
import * as memberQueries from "@/lib/member/queries";
import type { World } from "../world";
import { all, noActor, type Row } from "./row";

const idOf = (viewer: Viewer, { bystanderId }: World) => (viewer.kind === "user" ? viewer.userId : bystanderId);

export const members: Row[] = [
  {
    name: "member/queries/membersOf",
    ...all(".....+.+"),
    run: (viewer, { slug }) => memberQueries.membersOf(viewer, slug),
  },
  {
    name: "member/queries/membersOf, in the trash",
    ...noActor,
    given: { collectionTrashed: true },
    run: (viewer, { slug }) => memberQueries.membersOf(viewer, slug),
  },
  {
    name: "member/commands/setMember, a new one",
    ...all(".....+.+"),
    changes: true,
    run: (viewer, { slug, newcomerId }) =>
      memberCommands.setMember(viewer, slug, { userId: newcomerId, role: "viewer" }),
  },
  {
    name: "member/commands/setMember, another's role",
    ...all(".....+.+"),
    changes: true,
    run: (viewer, { slug, bystanderId }) =>
      memberCommands.setMember(viewer, slug, { userId: bystanderId, role: "owner" }),
  },
  {
    name: "member/commands/setMember, oneself to owner",
    ...all(".....+.+"),
    changes: true,
    run: (viewer, world) =>
      memberCommands.setMember(viewer, world.slug, { userId: idOf(viewer, world), role: "owner" }),
  },
  {
    name: "member/commands/setMember, in the trash",
    ...noActor,
    changes: true,
    given: { collectionTrashed: true },
    run: (viewer, { slug, newcomerId }) =>
      memberCommands.setMember(viewer, slug, { userId: newcomerId, role: "viewer" }),
  },
  {
    name: "member/commands/removeMember, another",
    ...all(".....+.+"),
    changes: true,
    run: (viewer, { slug, bystanderId }) => memberCommands.removeMember(viewer, slug, bystanderId),
  },
  {
    name: "member/commands/removeMember, oneself",
    ...all("..++++.+"),
    changes: true,
    run: (viewer, world) => memberCommands.removeMember(viewer, world.slug, idOf(viewer, world)),
  },
];

import { db } from "@/lib/db";
import * as quotaCommands from "@/lib/quota/commands";
import { type Row, systemOnly } from "./row";

export const quotas: Row[] = [
  {
    name: "quota/commands/setUserQuota",
    ...systemOnly,
    changes: true,
    run: async (viewer, { bystanderId }) => {
      const { email } = await db().user.findUniqueOrThrow({ where: { id: bystanderId } });
      await quotaCommands.setUserQuota(viewer, email, null);
    },
  },
  {
    name: "quota/commands/setCollectionQuota",
    ...systemOnly,
    changes: true,
    run: async (viewer, { slug }) => {
      await quotaCommands.setCollectionQuota(viewer, slug, 5n);
    },
  },
];

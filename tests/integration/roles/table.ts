import * as healthQueries from "@/lib/health/queries";
import * as owner from "@/lib/owner/commands";
import * as ownerQueries from "@/lib/owner/queries";
import { accounts } from "./rows/accounts";
import { collections } from "./rows/collections";
import { media } from "./rows/media";
import { members } from "./rows/members";
import { quotas } from "./rows/quotas";
import { all, type Row, systemOnly } from "./rows/row";
import { uploadFiles } from "./rows/upload-files";
import { uploads } from "./rows/uploads";

const site: Row[] = [
  { name: "owner/commands/bucketPermit", ...all("++++++++"), run: (viewer) => owner.bucketPermit(viewer) },
  // How it stands, as text, has no letter.
  {
    name: "owner/commands/bucketStanding",
    ...systemOnly,
    run: async (viewer) => void (await owner.bucketStanding(viewer)),
  },
  { name: "owner/commands/renewMark", ...systemOnly, run: async (viewer) => void (await owner.renewMark(viewer)) },
  { name: "owner/commands/takeOver", ...systemOnly, run: (viewer) => owner.takeOver(viewer, { isDryRun: true }) },
  {
    name: "owner/queries/ownerSince",
    ...systemOnly,
    run: async (viewer) => void (await ownerQueries.ownerSince(viewer)),
  },
  { name: "health/queries/health", ...all("++++++++"), run: (viewer) => healthQueries.health(viewer) },
];

export const rows: readonly Row[] = [
  ...collections,
  ...members,
  ...uploads,
  ...uploadFiles,
  ...media,
  ...quotas,
  ...accounts,
  ...site,
];

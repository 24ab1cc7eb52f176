import * as healthQueries from "@/lib/health/queries";
import { accounts } from "./rows/accounts";
import { collections } from "./rows/collections";
import { media } from "./rows/media";
import { members } from "./rows/members";
import { quotas } from "./rows/quotas";
import { all, type Row } from "./rows/row";
import { uploadFiles } from "./rows/upload-files";
import { uploads } from "./rows/uploads";

const site: Row[] = [
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

import type { Viewer } from "@/lib/auth/viewer";
import * as uploadCommands from "@/lib/upload/commands";
import * as credentialsCommands from "@/lib/upload/credentials/commands";
import * as orphanCommands from "@/lib/upload/orphan/commands";
import * as uploadQueries from "@/lib/upload/queries";
import * as receiptQueries from "@/lib/upload/receipt/queries";
import * as undoCommands from "@/lib/upload/undo/commands";
import * as undoQueries from "@/lib/upload/undo/queries";
import * as uploadMeasure from "@/lib/upload/verify/measure";
import * as uploadReap from "@/lib/upload/verify/reap";
import * as uploadVerify from "@/lib/upload/verify/verify";
import type { World } from "../world";
import { all, listed, noActor, type Row, systemOnly } from "./row";

const receipt = async (viewer: Viewer, { uploadId }: World) => {
  await receiptQueries.uploadReceipt(viewer, uploadId, "json");
};

const inList = async (viewer: Viewer, { slug, uploadId }: World) =>
  listed((await uploadQueries.unfinishedUploads(viewer, slug)).some(({ id }) => id === uploadId));

export const uploads: Row[] = [
  {
    name: "upload/credentials/commands/grantCredentials, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId }) => credentialsCommands.grantCredentials(viewer, uploadId),
  },
  {
    name: "upload/credentials/commands/grantCredentials, another person's",
    ...all(".......+"),
    changes: true,
    run: (viewer, { uploadId }) => credentialsCommands.grantCredentials(viewer, uploadId),
  },
  {
    name: "upload/credentials/commands/grantContainerCredentials, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId }) => credentialsCommands.grantContainerCredentials(viewer, uploadId),
  },
  {
    name: "upload/commands/openUpload",
    ...all("...+++.+"),
    changes: true,
    run: (viewer, { slug }) => uploadCommands.openUpload(viewer, { collectionSlug: slug }),
  },
  {
    name: "upload/commands/openUpload, in the trash",
    ...noActor,
    changes: true,
    given: { collectionTrashed: true },
    run: (viewer, { slug }) => uploadCommands.openUpload(viewer, { collectionSlug: slug }),
  },
  {
    name: "upload/commands/renewPolicy, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId }) => uploadCommands.renewPolicy(viewer, uploadId),
  },
  {
    name: "upload/commands/renewPolicy, another's",
    ...systemOnly,
    changes: true,
    run: (viewer, { uploadId }) => uploadCommands.renewPolicy(viewer, uploadId),
  },
  {
    name: "upload/commands/sealUpload, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId }) => uploadCommands.sealUpload(viewer, uploadId),
  },
  {
    name: "upload/commands/sealUpload, another's",
    ...systemOnly,
    changes: true,
    run: (viewer, { uploadId }) => uploadCommands.sealUpload(viewer, uploadId),
  },
  {
    name: "upload/commands/abortUpload, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId }) => uploadCommands.abortUpload(viewer, uploadId),
  },
  {
    name: "upload/commands/abortUpload, another's",
    ...all("....++.+"),
    changes: true,
    run: (viewer, { uploadId }) => uploadCommands.abortUpload(viewer, uploadId),
  },
  {
    name: "upload/commands/expireUploads",
    ...systemOnly,
    changes: true,
    given: { expired: true },
    run: (viewer) => uploadCommands.expireUploads(viewer),
  },
  {
    name: "upload/undo/commands/undoUpload, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true, uploadState: "verified" },
    run: (viewer, { uploadId }) => undoCommands.undoUpload(viewer, uploadId),
  },
  {
    name: "upload/undo/commands/undoUpload, another's",
    ...all("....++.+"),
    changes: true,
    given: { uploadState: "verified" },
    run: (viewer, { uploadId }) => undoCommands.undoUpload(viewer, uploadId),
  },
  {
    name: "upload/undo/commands/redoUpload, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true, uploadState: "undone" },
    run: (viewer, { uploadId }) => undoCommands.redoUpload(viewer, uploadId),
  },
  {
    name: "upload/undo/commands/redoUpload, another's",
    ...all("....++.+"),
    changes: true,
    given: { uploadState: "undone" },
    run: (viewer, { uploadId }) => undoCommands.redoUpload(viewer, uploadId),
  },
  {
    name: "upload/undo/commands/finishUndo",
    ...systemOnly,
    changes: true,
    given: { uploadState: "undoing" },
    run: (viewer, { uploadId }) => undoCommands.finishUndo(viewer, uploadId),
  },
  {
    name: "upload/undo/queries/uploadsToUndo",
    ...systemOnly,
    given: { uploadState: "undoing" },
    run: (viewer) => undoQueries.uploadsToUndo(viewer, 10),
  },
  {
    name: "upload/receipt/queries/uploadReceipt, one's own",
    ...all("...+++.+"),
    given: { own: true, uploadState: "verified" },
    run: receipt,
  },
  {
    name: "upload/receipt/queries/uploadReceipt, another's",
    ...all("....++.+"),
    given: { uploadState: "verified" },
    run: receipt,
  },
  {
    name: "upload/receipt/queries/uploadReceipt, not verified yet",
    ...all("....!!.!"),
    run: receipt,
  },
  {
    name: "upload/receipt/queries/receiptKey",
    ...all("++++++++"),
    run: async (viewer) => {
      await receiptQueries.receiptKey(viewer);
    },
  },
  {
    name: "upload/verify/verify/verifyUpload",
    ...systemOnly,
    changes: true,
    given: { uploadState: "sealed" },
    run: (viewer, { uploadId }) => uploadVerify.verifyUpload(viewer, uploadId, async () => undefined),
  },
  {
    name: "upload/verify/reap/reapUpload",
    ...systemOnly,
    changes: true,
    given: { uploadState: "aborted" },
    run: (viewer, { uploadId }) => uploadReap.reapUpload(viewer, uploadId),
  },
  {
    name: "upload/verify/measure/measureUpload",
    ...systemOnly,
    changes: true,
    run: (viewer, { uploadId }) => uploadMeasure.measureUpload(viewer, uploadId),
  },
  {
    name: "upload/orphan/commands/findUnknownPrefixes",
    ...systemOnly,
    run: (viewer) => orphanCommands.findUnknownPrefixes(viewer),
  },
  {
    name: "upload/orphan/commands/removeUnknownPrefixes",
    ...systemOnly,
    run: (viewer) => orphanCommands.removeUnknownPrefixes(viewer),
  },
  {
    name: "upload/queries/uploadsToMeasure",
    ...systemOnly,
    run: (viewer) => uploadQueries.uploadsToMeasure(viewer, 10),
  },
  {
    name: "upload/queries/uploadsToReap",
    ...systemOnly,
    given: { uploadState: "aborted" },
    run: (viewer) => uploadQueries.uploadsToReap(viewer, 10),
  },
  {
    name: "upload/queries/openUploadOf, one's own",
    ...all("...+++.+"),
    given: { own: true },
    run: async (viewer, { uploadId }) => void (await uploadQueries.openUploadOf(viewer, uploadId)),
  },
  {
    name: "upload/queries/openUploadOf, another's",
    ...systemOnly,
    run: async (viewer, { uploadId }) => void (await uploadQueries.openUploadOf(viewer, uploadId)),
  },
  {
    name: "upload/queries/uploadStatus, one's own",
    ...all("...+++.+"),
    given: { own: true },
    run: (viewer, { uploadId }) => uploadQueries.uploadStatus(viewer, uploadId),
  },
  {
    name: "upload/queries/uploadStatus, another's",
    ...all("....++.+"),
    run: (viewer, { uploadId }) => uploadQueries.uploadStatus(viewer, uploadId),
  },
  {
    name: "upload/queries/uploadStatus, in the trash",
    ...noActor,
    given: { own: true, collectionTrashed: true },
    run: (viewer, { uploadId }) => uploadQueries.uploadStatus(viewer, uploadId),
  },
  { name: "upload/queries/unfinishedUploads, one's own", ...all("00011101"), given: { own: true }, run: inList },
  { name: "upload/queries/unfinishedUploads, another's", ...all("00000001"), run: inList },
  {
    name: "upload/queries/uploadsToVerify",
    ...systemOnly,
    given: { uploadState: "sealed" },
    run: (viewer) => uploadQueries.uploadsToVerify(viewer, 10),
  },
];

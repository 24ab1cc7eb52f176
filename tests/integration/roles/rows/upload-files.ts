import * as fileCommands from "@/lib/upload/file/commands";
import * as partCommands from "@/lib/upload/part/commands";
import { all, type Row, systemOnly } from "./row";

const newFile = { path: "new.jpg", size: 1_000 };

export const uploadFiles: Row[] = [
  {
    name: "upload/file/commands/registerFiles, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId }) => fileCommands.registerFiles(viewer, uploadId, [newFile]),
  },
  {
    name: "upload/file/commands/registerFiles, another's",
    ...systemOnly,
    changes: true,
    run: (viewer, { uploadId }) => fileCommands.registerFiles(viewer, uploadId, [newFile]),
  },
  {
    name: "upload/file/commands/registerChecksums, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId }) => fileCommands.registerChecksums(viewer, uploadId, [newFile]),
  },
  {
    name: "upload/file/commands/registerChecksums, another's",
    ...systemOnly,
    changes: true,
    run: (viewer, { uploadId }) => fileCommands.registerChecksums(viewer, uploadId, [newFile]),
  },
  {
    name: "upload/file/commands/cancelFile, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId, fileId }) => fileCommands.cancelFile(viewer, uploadId, fileId),
  },
  {
    name: "upload/file/commands/cancelFile, another's",
    ...systemOnly,
    changes: true,
    run: (viewer, { uploadId, fileId }) => fileCommands.cancelFile(viewer, uploadId, fileId),
  },
  {
    name: "upload/file/commands/cancelFiles, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId }) => fileCommands.cancelFiles(viewer, uploadId, ["film.mov"]),
  },
  {
    name: "upload/file/commands/cancelFiles, another's",
    ...systemOnly,
    changes: true,
    run: (viewer, { uploadId }) => fileCommands.cancelFiles(viewer, uploadId, ["film.mov"]),
  },
  {
    name: "upload/part/commands/signParts, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId, fileId }) => partCommands.signParts(viewer, uploadId, { fileId, parts: [1] }),
  },
  {
    name: "upload/part/commands/signParts, another's",
    ...systemOnly,
    changes: true,
    run: (viewer, { uploadId, fileId }) => partCommands.signParts(viewer, uploadId, { fileId, parts: [1] }),
  },
  {
    // No part has been sent, so the call is refused where it is allowed.
    name: "upload/part/commands/completeFile, one's own",
    ...all("...!!!.!"),
    given: { own: true },
    run: (viewer, { uploadId, fileId }) => partCommands.completeFile(viewer, uploadId, { fileId, parts: [] }),
  },
  {
    name: "upload/part/commands/completeFile, another's",
    ...all(".......!"),
    run: (viewer, { uploadId, fileId }) => partCommands.completeFile(viewer, uploadId, { fileId, parts: [] }),
  },
];

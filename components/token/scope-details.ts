import type { Scope } from "@/lib/auth/token/policy";

/** What a person reads of each scope. */
export const scopeDetails: Record<Scope, { name: string; meaning: string }> = {
  read: { name: "Read", meaning: "List collections and media, view and download." },
  upload: { name: "Upload", meaning: "Open uploads, send files, seal, undo, and get receipts." },
  manage: { name: "Manage", meaning: "Read, and create and change collections, members and media; move to the trash." },
};

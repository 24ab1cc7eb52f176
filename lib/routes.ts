/** All paths of the site. */
export const routes = {
  home: () => "/" as const,
  signIn: (next?: string) => (next ? (`/sign-in?next=${encodeURIComponent(next)}` as const) : ("/sign-in" as const)),
  /** `invitation`: the token of a link. In the query, which no log keeps. */
  signUp: (invitation?: string) =>
    invitation ? (`/sign-up?invitation=${encodeURIComponent(invitation)}` as const) : ("/sign-up" as const),
  /** The sign-in page after a sign-up whose password did not sign in. */
  signedUp: () => "/sign-in?error=SignedUp" as const,
  account: () => "/account" as const,
  tokens: () => "/account/tokens" as const,
  collections: () => "/collections" as const,
  collection: (slug: string) => `/c/${slug}` as const,
  collectionSettings: (slug: string) => `/c/${slug}/settings` as const,
  media: (slug: string, mediaId: string) => `/c/${slug}/${mediaId}` as const,
  api: {
    media: (slug: string) => `/api/v1/collections/${slug}/media` as const,
    mediaVariant: (mediaId: string, variant: "thumb" | "preview" | "original") =>
      `/api/v1/media/${mediaId}/${variant}` as const,
    uploads: (slug: string) => `/api/v1/collections/${slug}/uploads` as const,
    upload: (uploadId: string) => `/api/v1/uploads/${uploadId}` as const,
    uploadPolicy: (uploadId: string) => `/api/v1/uploads/${uploadId}/policy` as const,
    uploadFiles: (uploadId: string) => `/api/v1/uploads/${uploadId}/files` as const,
    uploadFile: (uploadId: string, fileId: string) => `/api/v1/uploads/${uploadId}/files/${fileId}` as const,
    uploadParts: (uploadId: string) => `/api/v1/uploads/${uploadId}/parts` as const,
    uploadComplete: (uploadId: string) => `/api/v1/uploads/${uploadId}/complete` as const,
    uploadUndo: (uploadId: string) => `/api/v1/uploads/${uploadId}/undo` as const,
    uploadReceipt: (uploadId: string, format: "json" | "sha256sums" | "bagit") =>
      format === "json"
        ? (`/api/v1/uploads/${uploadId}/receipt` as const)
        : (`/api/v1/uploads/${uploadId}/receipt?format=${format}` as const),
  },
};

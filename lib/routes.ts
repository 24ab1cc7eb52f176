/** Every path of the site, in one place. */
export const routes = {
  home: () => "/" as const,
  signIn: (next?: string) => (next ? (`/sign-in?next=${encodeURIComponent(next)}` as const) : ("/sign-in" as const)),
  signUp: () => "/sign-up" as const,
  collections: () => "/collections" as const,
  collection: (slug: string) => `/c/${slug}` as const,
  collectionSettings: (slug: string) => `/c/${slug}/settings` as const,
  media: (slug: string, mediaId: string) => `/c/${slug}/${mediaId}` as const,
  api: {
    media: (slug: string) => `/api/v1/collections/${slug}/media` as const,
    mediaVariant: (mediaId: string, variant: "thumb" | "preview" | "original") =>
      `/api/v1/media/${mediaId}/${variant}` as const,
    upload: (uploadId: string) => `/api/v1/uploads/${uploadId}` as const,
    uploadPolicy: (uploadId: string) => `/api/v1/uploads/${uploadId}/policy` as const,
  },
};

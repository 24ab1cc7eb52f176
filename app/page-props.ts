/** The props Next passes to a page. Next's generated types do not exist before the first build. */
export type SearchParams = Promise<Record<string, string | string[] | undefined>>;
export type CollectionParams = Promise<{ slug: string }>;
export type MediaParams = Promise<{ slug: string; mediaId: string }>;

/** What Next gives a page; its own generated types are not there before the first start. */
export type SearchParams = Promise<Record<string, string | string[] | undefined>>;
export type CollectionParams = Promise<{ slug: string }>;
export type MediaParams = Promise<{ slug: string; mediaId: string }>;

/** Items on a page of the gallery, and the most that a program may request at once. */
export const pageSize = { gallery: 60, max: 200 } as const;

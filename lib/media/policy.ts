/** A page of the gallery, and the most a program may ask for at once. */
export const pageSize = { gallery: 60, max: 200 } as const;

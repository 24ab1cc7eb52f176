import { z } from "zod";

/** The shortest session of STS, and the longest that Atoll gives. */
export const sessionSeconds = { least: 900, most: 3_600 } as const;

export const credentialsInput = z.strictObject({
  durationSeconds: z.int().min(sessionSeconds.least).max(sessionSeconds.most).optional(),
});

/** Credentials that can write, list and abort under the prefix, and nothing else. */
export const uploadCredentials = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string(),
  expiration: z.iso.datetime(),
  endpoint: z.url(),
  region: z.string(),
  bucket: z.string(),
  prefix: z.string(),
  /** Whether the bucket is in the path of URLs rather than in their host. */
  forcePathStyle: z.boolean(),
});
export type UploadCredentials = z.infer<typeof uploadCredentials>;

/** The same as the SDKs of AWS fetch them from a container's endpoint. */
export const containerCredentials = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string(),
  Expiration: z.iso.datetime(),
});
export type ContainerCredentials = z.infer<typeof containerCredentials>;

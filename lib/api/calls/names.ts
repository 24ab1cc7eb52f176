import { collectionCard } from "@/lib/collection/schema";
import { mediaDetail, mediaItem } from "@/lib/media/schema";
import { memberItem } from "@/lib/member/schema";
import { sessionItem } from "@/lib/session/schema";
import { createdToken, tokenItem } from "@/lib/token/schema";
import { containerCredentials, uploadCredentials } from "@/lib/upload/credentials/schema";
import { openedUpload, partUrls, postPolicy, uploadStatus } from "@/lib/upload/schema";

/** Shapes by the names that clients know them by, and those that have an ETag. */
export const names = {
  schemas: {
    Collection: collectionCard,
    Member: memberItem,
    Media: mediaItem,
    MediaDetail: mediaDetail,
    Upload: uploadStatus,
    UploadCredentials: uploadCredentials,
    ContainerCredentials: containerCredentials,
    OpenedUpload: openedUpload,
    PostPolicy: postPolicy,
    PartUrls: partUrls,
    Token: tokenItem,
    CreatedToken: createdToken,
    Session: sessionItem,
  },
  etagged: [collectionCard, mediaDetail] as readonly unknown[],
};

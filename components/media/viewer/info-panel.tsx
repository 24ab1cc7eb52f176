import type { ReactNode } from "react";
import { formatBytes, formatPosition } from "@/components/ui/format";
import { LocalTime } from "@/components/ui/local-time";
import type { MediaDetail } from "@/lib/media/schema";
import { typeNameOf } from "../media-text";
import { TakenTime } from "./taken-time";

export const infoPanelId = "media-info";

export function InfoPanel({ media }: { media: MediaDetail }) {
  const {
    path,
    takenAt,
    takenKnown,
    takenOffsetMinutes,
    createdAt,
    sizeBytes,
    width,
    height,
    displayNote,
    latitude,
    longitude,
    uploadedBy,
    revisionNumber,
  } = media;
  return (
    <dl className="grid gap-4.5 text-sm">
      {takenKnown && (
        <Fact name="Taken">
          <TakenTime takenAt={takenAt} takenOffsetMinutes={takenOffsetMinutes} />
        </Fact>
      )}
      {path && (
        <>
          <Fact name="Path">
            <span className="break-all">{path}</span>
          </Fact>
          <Fact name="Type">{typeNameOf(media)}</Fact>
        </>
      )}
      {width && height && (
        // Outsiders see the preview, and learn no more than its dimensions.
        <Fact name={media.urls.original ? "Dimensions" : "Preview"}>
          {width.toLocaleString("en")} × {height.toLocaleString("en")} pixels
        </Fact>
      )}
      {displayNote && <Fact name="Display">{displayNote}</Fact>}
      {sizeBytes !== null && (
        <Fact name="Size">
          {formatBytes(sizeBytes)} <span className="text-muted">({sizeBytes.toLocaleString("en")} bytes)</span>
        </Fact>
      )}
      {latitude !== null && longitude !== null && (
        <Fact name="Position">
          <a
            href={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=14/${latitude}/${longitude}`}
            target="_blank"
            rel="noreferrer"
            className="underline decoration-line underline-offset-4 hover:decoration-ink"
          >
            {formatPosition(latitude, longitude)}
          </a>
        </Fact>
      )}
      {uploadedBy && <Fact name="Uploaded by">{uploadedBy}</Fact>}
      {createdAt && (
        <Fact name="Added">
          <LocalTime iso={createdAt} />
        </Fact>
      )}
      {revisionNumber !== null && revisionNumber > 1 && <Fact name="Revision">{revisionNumber}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-muted text-xs">{name}</dt>
      <dd className="mt-0.5">{children}</dd>
    </div>
  );
}

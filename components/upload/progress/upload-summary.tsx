import { Download } from "lucide-react";
import { buttonClass } from "@/components/ui/button";
import { formatBytes } from "@/components/ui/format";
import { routes } from "@/lib/routes";
import type { UploaderState } from "@/lib/uploader/state/state";
import { UndoUpload } from "./undo-upload";
import { arrivedFiles } from "./upload-text";

const receiptFormats = [
  { format: "json", name: "JSON" },
  { format: "sha256sums", name: "SHA256SUMS" },
  { format: "bagit", name: "BagIt" },
] as const;

/** The result of an upload: counts, time, receipt and undo. */
export function UploadSummary({ state }: { state: UploaderState }) {
  const uploadId = state.upload?.id;
  const arrived = arrivedFiles(state) > 0;
  return (
    <div className="grid gap-4">
      <dl className="flex flex-wrap gap-x-8 gap-y-3">
        {figuresOf(state).map(({ name, value }) => (
          <div key={name}>
            <dt className="text-muted text-xs">{name}</dt>
            <dd className="font-medium tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      {uploadId && arrived && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-t pt-4">
          <p id={`receipt-${uploadId}`} className="text-muted text-sm">
            Receipt with checksums
          </p>
          <ul aria-labelledby={`receipt-${uploadId}`} className="-ml-1 flex flex-wrap gap-1">
            {receiptFormats.map(({ format, name }) => (
              <li key={format}>
                <a
                  href={routes.api.uploadReceipt(uploadId, format)}
                  download
                  className={buttonClass({ variant: "ghost", size: "sm" }, "px-2")}
                >
                  <Download aria-hidden />
                  {name}
                </a>
              </li>
            ))}
          </ul>
          {state.counts.done > 0 && <UndoUpload uploadId={uploadId} files={state.counts.done} />}
        </div>
      )}
    </div>
  );
}

type Figure = { name: string; value: string };

/** The figures that are not zero. */
export function figuresOf(state: UploaderState): Figure[] {
  const { counts, bytes, startedAt, endedAt, leftOut } = state;
  const count = (name: string, files: number): Figure[] =>
    files > 0 ? [{ name, value: files.toLocaleString("en") }] : [];
  const sentBytes = bytes.sent - bytes.kept;
  const seconds = startedAt !== null && endedAt !== null ? (endedAt - startedAt) / 1_000 : null;
  return [
    ...count("Uploaded", counts.done),
    ...count("Already there", counts.present + leftOut.twice),
    ...count("Skipped", counts.skipped),
    ...count("Failed", counts.failed),
    ...count("Left out", counts.refused),
    ...count("Canceled", counts.canceled),
    ...(sentBytes > 0 ? [{ name: "Sent", value: formatBytes(sentBytes) }] : []),
    ...(seconds !== null ? [{ name: "Time", value: formatSpan(seconds) }] : []),
    ...(seconds !== null && seconds >= 1 && sentBytes > 0
      ? [{ name: "Average speed", value: `${formatBytes(sentBytes / seconds)}/s` }]
      : []),
  ];
}

/** 130 → "2 min 10 s": how long something took. */
export function formatSpan(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

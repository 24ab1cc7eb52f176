import { ChevronDown, CircleAlert, Download, RotateCw } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { formatBytes, formatCount } from "@/components/ui/format";
import { messageOf } from "@/lib/uploader/state/failure-messages";
import { failure } from "@/lib/uploader/state/failures";
import type { ProblemFile, ProblemGroup } from "@/lib/uploader/state/problems";
import { FilePath } from "./file-path";
import { problemsCsv } from "./problems-csv";

const shownAtFirst = 5;
const shownMore = 200;

type ProblemListProps = {
  groups: readonly ProblemGroup[];
  /** null when files can no longer be retried. */
  onRetry: ((fileId: number) => void) | null;
  onRetryAll: (() => void) | null;
};

/** Files that failed or were refused, by cause. */
export function ProblemList({ groups, onRetry, onRetryAll }: ProblemListProps) {
  const failed = groups.reduce((sum, { files }) => sum + files.filter(({ state }) => state === "failed").length, 0);
  return (
    <div className="grid gap-3">
      {groups.map((group) => (
        <Group key={group.code} group={group} onRetry={onRetry} />
      ))}
      <div className="-ml-3 flex flex-wrap gap-1">
        {onRetryAll && failed > 1 && (
          <Button variant="ghost" size="sm" onClick={onRetryAll}>
            <RotateCw aria-hidden />
            {`Retry all ${failed.toLocaleString("en")}`}
          </Button>
        )}
        <Button
          variant="ghost"
          size="sm"
          className="text-muted hover:text-ink"
          onClick={() => download("not-uploaded.csv", problemsCsv(groups))}
        >
          <Download aria-hidden />
          Download as CSV
        </Button>
      </div>
    </div>
  );
}

function Group({ group, onRetry }: Pick<ProblemListProps, "onRetry"> & { group: ProblemGroup }) {
  const [shown, setShown] = useState(shownAtFirst);
  const { title, advice } = messageOf(failure(group.code));
  const failed = group.files.some(({ state }) => state === "failed");
  return (
    <section className={cn("relative rounded-xl py-3 pr-4 pl-11 text-sm", failed ? "bg-danger-soft" : "bg-raised")}>
      <CircleAlert
        aria-hidden
        className={cn("absolute top-3 left-4 mt-px size-4.5", failed ? "text-danger" : "text-warn")}
      />
      <h3 className="font-medium">
        {title}{" "}
        <span className="whitespace-nowrap font-normal text-muted">{formatCount(group.files.length, "file")}</span>
      </h3>
      <p className="text-muted">{advice}</p>
      <ul className="mt-1 grid max-h-80 overflow-y-auto">
        {group.files.slice(0, shown).map((file) => (
          <li key={file.id} className="flex min-h-7 flex-wrap items-center gap-x-3">
            <FilePath path={file.path} />
            {about(file) && <span className="text-muted">{about(file)}</span>}
            {onRetry && file.state === "failed" && (
              <Button
                variant="ghost"
                size="sm"
                className="ml-auto"
                aria-label={`Retry ${file.path}`}
                onClick={() => onRetry(file.id)}
              >
                Retry
              </Button>
            )}
          </li>
        ))}
      </ul>
      {group.files.length > shown && (
        <Button variant="ghost" size="sm" className="-ml-3 mt-1" onClick={() => setShown(shown + shownMore)}>
          <ChevronDown aria-hidden />
          {`Show ${Math.min(shownMore, group.files.length - shown).toLocaleString("en")} more`}
        </Button>
      )}
    </section>
  );
}

/** What is particular to the file within its group. */
function about({ failure, sizeBytes }: ProblemFile): string | null {
  return failure.code === "too-large" ? formatBytes(sizeBytes) : failure.detail;
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Late enough for the browser to have read the bytes.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

import { ChevronDown, CircleAlert } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { formatBytes, formatCount } from "@/components/ui/format";
import { failure } from "@/lib/upload/client/failures";
import type { ProblemGroup } from "@/lib/upload/client/problems";
import type { UploadFile } from "@/lib/upload/client/state";
import { wordsOf } from "@/lib/upload/client/words";
import { FilePath } from "./file-row";

const shownAtFirst = 5;
const shownMore = 200;

type ProblemListProps = { groups: readonly ProblemGroup[]; mayRetry: boolean; onRetry: (fileId: number) => void };

/** What did not go, by cause: the words once, the files below. */
export function ProblemList({ groups, mayRetry, onRetry }: ProblemListProps) {
  return (
    <div className="grid gap-3">
      {groups.map((group) => (
        <Group key={group.code} group={group} mayRetry={mayRetry} onRetry={onRetry} />
      ))}
    </div>
  );
}

function Group({ group, mayRetry, onRetry }: Omit<ProblemListProps, "groups"> & { group: ProblemGroup }) {
  const [shown, setShown] = useState(shownAtFirst);
  const { title, advice } = wordsOf(failure(group.code));
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
            {mayRetry && file.state === "failed" && (
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

/** What is this file's own, beside what it shares with its group. */
function about(file: UploadFile): string | null {
  return file.failure?.code === "too-large" ? formatBytes(file.sizeBytes) : (file.failure?.detail ?? null);
}

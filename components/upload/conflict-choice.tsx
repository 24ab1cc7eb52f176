import { CopyPlus, History, type LucideIcon, SkipForward } from "lucide-react";
import { useId, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { formatCount } from "@/components/ui/format";
import type { ConflictChoice as Choice } from "@/lib/uploader/state/file";
import { takesFiles, type UploaderState } from "@/lib/uploader/state/state";
import { useKeptFocus } from "./use-kept-focus";

const choices: readonly { choice: Choice; icon: LucideIcon; name: string; about: string; chosen: string }[] = [
  {
    choice: "revision",
    icon: History,
    name: "New versions",
    about: "They become the current versions. Earlier versions are kept.",
    chosen: "they become new versions",
  },
  {
    choice: "skip",
    icon: SkipForward,
    name: "Skip them",
    about: "They are not uploaded. The files here stay as they are.",
    chosen: "they are skipped",
  },
  {
    choice: "both",
    icon: CopyPlus,
    name: "Keep both",
    about: "They are added beside the others, as “name (2)”.",
    chosen: "both are kept",
  },
];

type ConflictChoiceProps = {
  state: UploaderState;
  /** Files of this upload whose path the collection has. */
  taken: number;
  onChoose: (choice: Choice) => void;
};

/** Asks once for the whole upload what to do with files whose path is taken. The others continue meanwhile. */
export function ConflictChoice({ state, taken, onChoose }: ConflictChoiceProps) {
  const [changing, setChanging] = useState(false);
  const part = useRef<HTMLElement>(null);
  const heading = useId();
  useKeptFocus(part);
  const waiting = state.counts.conflict > 0;
  const decided = choices.find(({ choice }) => choice === state.conflict);
  if (!waiting && !(decided && taken > 0 && takesFiles(state))) return null;
  return (
    <section ref={part} tabIndex={-1} aria-labelledby={heading} className="rounded-xl bg-raised p-4 text-sm">
      {decided && !changing && !waiting ? (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <p id={heading} className="min-w-0 flex-1 basis-56">
            {formatCount(taken, "file")} {taken === 1 ? "was" : "were"} already here: {decided.chosen}.
          </p>
          <Button size="sm" onClick={() => setChanging(true)}>
            Change
          </Button>
        </div>
      ) : (
        <>
          <h3 id={heading} className="font-medium">
            {waiting ? conflictText(state) : "Choose for files still to come"}
          </h3>
          <p className="mt-0.5 text-muted">
            {waiting
              ? "The others continue meanwhile. Identical files are never sent twice."
              : "Files that were sent stay as they are."}
          </p>
          <div className="mt-3 grid gap-2 sm:grid-cols-3">
            {choices.map(({ choice, icon: Icon, name, about }) => (
              <button
                key={choice}
                type="button"
                aria-pressed={state.conflict === choice}
                className="group rounded-xl border border-line bg-surface px-3.5 py-3 text-left shadow-card transition-colors duration-150 hover:border-accent aria-pressed:border-accent"
                onClick={() => {
                  setChanging(false);
                  onChoose(choice);
                }}
              >
                <span className="flex items-center gap-2 font-medium">
                  <Icon aria-hidden className="size-4 shrink-0 text-muted group-hover:text-accent" />
                  {name}
                </span>
                <span className="mt-1 block text-muted text-xs leading-relaxed">{about}</span>
              </button>
            ))}
          </div>
        </>
      )}
    </section>
  );
}

/** "12 files are already here: 9 of the same size, 3 different" */
export function conflictText({ counts, conflicts }: Pick<UploaderState, "counts" | "conflicts">): string {
  const text = `${formatCount(counts.conflict, "file")} ${counts.conflict === 1 ? "is" : "are"} already here`;
  const { same, other } = conflicts;
  if (same + other === 0) return text;
  if (counts.conflict === 1) return `${text}, ${same === 1 ? "of the same size" : "of another size"}`;
  if (other === 0) return `${text}, all of the same size`;
  if (same === 0) return `${text}, all of another size`;
  return `${text}: ${same.toLocaleString("en")} of the same size, ${other.toLocaleString("en")} different`;
}

import { CopyPlus, History, type LucideIcon, SkipForward } from "lucide-react";
import { useId, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { formatCount } from "@/components/ui/format";
import { useKeptFocus } from "@/components/ui/use-kept-focus";
import { type ConflictChoice as Choice, choicesFor } from "@/lib/upload/policy";
import { type OthersChoice, takesFiles, type UploaderState } from "@/lib/uploader/state/state";
import type { Uploader } from "@/lib/uploader/uploader";
import type { FilesTally } from "./tally";

type Look = { icon: LucideIcon; name: string; about: string; chosen: string };

const looks: Record<Choice, Look> = {
  revision: {
    icon: History,
    name: "New versions",
    about: "They become the current versions. Earlier versions are kept.",
    chosen: "they become new versions",
  },
  skip: {
    icon: SkipForward,
    name: "Skip them",
    about: "They are not uploaded. The files here stay as they are.",
    chosen: "they are skipped",
  },
  both: {
    icon: CopyPlus,
    name: "Keep both",
    about: "They are added beside the others, as “name (2)”.",
    chosen: "both are kept",
  },
};

type ConflictChoicesProps = {
  state: UploaderState;
  uploader: Pick<Uploader, "chooseConflict" | "chooseOthersConflict">;
  tally: Pick<FilesTally, "taken" | "takenByOthers">;
};

/** The questions about files whose path is taken: by files that can be replaced, and by those of other people. */
export function ConflictChoices({ state, uploader, tally: { taken, takenByOthers } }: ConflictChoicesProps) {
  const { conflicts, conflict, othersConflict } = state;
  const isOpen = takesFiles(state);
  return (
    <>
      <Question
        choices={choicesFor(true)}
        waiting={conflicts.same + conflicts.other}
        question={conflictText(state)}
        about="The others continue meanwhile. Identical files are never sent twice."
        chosen={isOpen && taken > 0 ? conflict : null}
        chosenText={`${formatCount(taken, "file")} ${taken === 1 ? "was" : "were"} already here`}
        onChoose={uploader.chooseConflict}
      />
      <Question
        choices={choicesFor(false)}
        waiting={conflicts.others}
        question={othersText(conflicts.others)}
        about="Only those who added them and editors of this collection may replace them. The other files continue meanwhile."
        chosen={isOpen && takenByOthers > 0 ? othersConflict : null}
        chosenText={othersText(takenByOthers)}
        onChoose={(choice) => uploader.chooseOthersConflict(choice as OthersChoice)}
      />
    </>
  );
}

type QuestionProps = {
  choices: readonly Choice[];
  /** Files that wait for the answer. */
  waiting: number;
  question: string;
  about: string;
  chosen: Choice | null;
  chosenText: string;
  onChoose: (choice: Choice) => void;
};

/** Asks once for the whole upload. The files it is not about continue meanwhile. */
function Question({ choices, waiting, question, about, chosen, chosenText, onChoose }: QuestionProps) {
  const [changing, setChanging] = useState(false);
  const part = useRef<HTMLElement>(null);
  const heading = useId();
  useKeptFocus(part);
  if (waiting === 0 && chosen === null) return null;
  const isDecided = chosen !== null && waiting === 0 && !changing;
  return (
    <section ref={part} tabIndex={-1} aria-labelledby={heading} className="rounded-xl bg-raised p-4 text-sm">
      {isDecided ? (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <p id={heading} className="min-w-0 flex-1 basis-56">
            {chosenText}: {looks[chosen].chosen}.
          </p>
          <Button size="sm" onClick={() => setChanging(true)}>
            Change
          </Button>
        </div>
      ) : (
        <>
          <h3 id={heading} className="font-medium">
            {waiting > 0 ? question : "Choose for files still to come"}
          </h3>
          <p className="mt-0.5 text-muted">{waiting > 0 ? about : "Files that were sent stay as they are."}</p>
          <Choices
            choices={choices}
            chosen={chosen}
            onChoose={(choice) => {
              setChanging(false);
              onChoose(choice);
            }}
          />
        </>
      )}
    </section>
  );
}

function Choices({ choices, chosen, onChoose }: Pick<QuestionProps, "choices" | "chosen" | "onChoose">) {
  return (
    <div className={cn("mt-3 grid gap-2", choices.length > 2 ? "sm:grid-cols-3" : "sm:grid-cols-2")}>
      {choices.map((choice) => {
        const { icon: Icon, name, about } = looks[choice];
        return (
          <button
            key={choice}
            type="button"
            aria-pressed={chosen === choice}
            className="group rounded-xl border border-line bg-surface px-3.5 py-3 text-left shadow-card transition-colors duration-150 hover:border-accent aria-pressed:border-accent"
            onClick={() => onChoose(choice)}
          >
            <span className="flex items-center gap-2 font-medium">
              <Icon aria-hidden className="size-4 shrink-0 text-muted group-hover:text-accent" />
              {name}
            </span>
            <span className="mt-1 block text-muted text-xs leading-relaxed">{about}</span>
          </button>
        );
      })}
    </div>
  );
}

/** "12 files are already here: 9 of the same size, 3 different" */
export function conflictText({ conflicts: { same, other } }: Pick<UploaderState, "conflicts">): string {
  const count = same + other;
  const text = `${formatCount(count, "file")} ${count === 1 ? "is" : "are"} already here`;
  if (count === 0) return text;
  if (count === 1) return `${text}, ${same === 1 ? "of the same size" : "of another size"}`;
  if (other === 0) return `${text}, all of the same size`;
  if (same === 0) return `${text}, all of another size`;
  return `${text}: ${same.toLocaleString("en")} of the same size, ${other.toLocaleString("en")} different`;
}

/** "3 files have the names of other people’s files" */
function othersText(count: number): string {
  if (count === 1) return "1 file has the name of another person’s file";
  return `${formatCount(count, "file")} have the names of other people’s files`;
}

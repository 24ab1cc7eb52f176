import { visibleText } from "@/lib/text/policy";

/** A path on one line: the folders are shortened before the name; each keeps its own writing direction. */
export function FilePath({ path: given }: { path: string }) {
  // A refused name must not look like another one.
  const path = visibleText(given);
  const slash = path.lastIndexOf("/") + 1;
  return (
    <span className="flex min-w-0" title={path}>
      {slash > 0 && (
        <span className="min-w-[3ch] shrink-[4] truncate whitespace-pre text-muted">
          <bdi>{path.slice(0, slash)}</bdi>
        </span>
      )}
      <span className="min-w-[4ch] truncate whitespace-pre">
        <bdi>{path.slice(slash) || "(no name)"}</bdi>
      </span>
    </span>
  );
}

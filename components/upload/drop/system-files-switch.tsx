import { Switch } from "@/components/ui/form/switch";
import { setKeepsSystemFiles, useKeepsSystemFiles } from "./system-files";

/** Chooses for this browser whether files that systems put beside people's files are uploaded, too. */
export function SystemFilesSwitch({ className }: { className?: string }) {
  return (
    <Switch checked={useKeepsSystemFiles()} onChange={setKeepsSystemFiles} {...(className && { className })}>
      Keep system files, such as .DS_Store, Thumbs.db and @eaDir
    </Switch>
  );
}

import { Camera, FilePlus2, FolderPlus, Images, type LucideIcon } from "lucide-react";
import { type ChangeEvent, useRef, useSyncExternalStore } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { type Found, foundInInput } from "./found-files";

type Kind = "camera" | "photos" | "files" | "folder";

type Look = {
  readonly icon: LucideIcon;
  readonly name: string;
  readonly label: string;
  /** Only on phones and tablets. */
  readonly touchOnly: boolean;
};

const looks: Readonly<Record<Kind, Look>> = {
  camera: { icon: Camera, name: "Take a photo", label: "Photo to take", touchOnly: true },
  photos: { icon: Images, name: "Choose photos", label: "Photos to upload", touchOnly: true },
  files: { icon: FilePlus2, name: "Choose files", label: "Files to upload", touchOnly: false },
  folder: { icon: FolderPlus, name: "Choose folder", label: "Folder to upload", touchOnly: false },
};

const attributes = {
  camera: { accept: "image/*", capture: "environment" },
  photos: { accept: "image/*,.heic,.heif", multiple: true },
  files: { multiple: true },
  folder: { multiple: true, webkitdirectory: "" },
} as const;

const never = () => () => {};
const knowsFolders = () => "webkitdirectory" in HTMLInputElement.prototype;

type PickersProps = { onFiles: (found: Found) => void; large: boolean };

/** Buttons to choose files; on phones also from camera and photos. */
export function Pickers({ onFiles, large }: PickersProps) {
  const folders = useSyncExternalStore(never, knowsFolders, () => true);
  const kinds: readonly Kind[] = folders ? ["camera", "photos", "files", "folder"] : ["camera", "photos", "files"];
  return (
    <div
      className={cn(
        "pointer-coarse:grid pointer-coarse:w-full pointer-coarse:max-w-sm pointer-coarse:grid-cols-2 flex flex-wrap gap-2",
        !large && "w-full sm:w-auto [&>button]:flex-1",
      )}
    >
      {kinds.map((kind) => (
        <Picker key={kind} kind={kind} primary={large && kind === "files"} onFiles={onFiles} />
      ))}
    </div>
  );
}

type PickerProps = Pick<PickersProps, "onFiles"> & { kind: Kind; primary: boolean };

function Picker({ kind, primary, onFiles }: PickerProps) {
  const input = useRef<HTMLInputElement>(null);
  const change = (event: ChangeEvent<HTMLInputElement>) => {
    // A copy, as the input is emptied so that the same files can be chosen again.
    const found = foundInInput(Array.from(event.target.files ?? []));
    event.target.value = "";
    if (found) onFiles(found);
  };
  const { icon: Icon, name, label, touchOnly } = looks[kind];
  return (
    <>
      <Button
        variant={primary ? "primary" : "secondary"}
        className={cn(touchOnly && "not-pointer-coarse:hidden")}
        onClick={() => input.current?.click()}
      >
        <Icon aria-hidden />
        {name}
      </Button>
      <input ref={input} type="file" hidden aria-label={label} onChange={change} {...attributes[kind]} />
    </>
  );
}

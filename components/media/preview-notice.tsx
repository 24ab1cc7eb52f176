import { Eye } from "lucide-react";

/** For outsiders of a preview collection: what they see, and what they do not. */
export function PreviewNotice({ signedIn }: { signedIn: boolean }) {
  return (
    <p className="mb-5 flex items-start gap-2.5 text-muted text-sm">
      <Eye aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span>
        These are small previews; the originals are for members of this collection.
        {signedIn ? " Ask its owner to add you." : " If you are one, sign in."}
      </span>
    </p>
  );
}

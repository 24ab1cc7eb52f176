import { Eye } from "lucide-react";

/** Explains to non-members of a preview collection that originals are for members. */
export function PreviewNotice({ signedIn }: { signedIn: boolean }) {
  return (
    <p className="mb-5 flex items-start gap-2.5 text-muted text-sm">
      <Eye aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span>
        You see small previews. Only members of this collection can see the originals.
        {signedIn ? " Ask its owner to add you." : " If you are a member, sign in."}
      </span>
    </p>
  );
}

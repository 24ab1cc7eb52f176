"use client";

import { Download, FileText, ImageOff } from "lucide-react";
import { useRouter } from "next/navigation";
import { buttonClass } from "@/components/ui/button";
import { Spinner } from "@/components/ui/spinner";
import { usePolling } from "@/components/ui/use-polling";
import type { MediaDetail } from "@/lib/media/schema";
import { titleOf, typeNameOf } from "../media-text";

/** Shows a media without a picture: being processed, not an image, or unreadable. */
export function ViewerFile({ media, downloadHref }: { media: MediaDetail; downloadHref: string | null }) {
  const { icon, text } = contentOf(media);
  const router = useRouter();
  usePolling(media.state === "pending", async () => {
    router.refresh();
    return false;
  });
  return (
    <div className="grid size-full place-items-center px-14 py-6">
      <div className="flex max-w-md flex-col items-center text-center">
        <div className="mb-5 grid size-20 place-items-center rounded-3xl bg-surface text-muted [&_svg]:size-9">
          {icon}
        </div>
        <p className="max-w-full break-words font-medium text-lg">{titleOf(media)}</p>
        <p className="mt-1 text-muted text-sm">{typeNameOf(media)}</p>
        <p className="mt-4 text-muted leading-relaxed">{text}</p>
        {downloadHref && media.state !== "pending" && (
          <a href={downloadHref} download className={buttonClass({ variant: "primary" }, "mt-7")}>
            <Download aria-hidden />
            Download file
          </a>
        )}
      </div>
    </div>
  );
}

function contentOf({ state, rejectReason }: MediaDetail) {
  if (state === "kept") {
    return {
      icon: <FileText aria-hidden />,
      text: "Atoll cannot preview this type of file. It is stored exactly as uploaded.",
    };
  }
  if (state === "rejected") {
    return {
      icon: <ImageOff aria-hidden className="text-danger" />,
      text: rejectReason ?? "This picture could not be read. The file is stored as uploaded.",
    };
  }
  return { icon: <Spinner />, text: "This picture is being processed. It will appear here automatically." };
}

"use client";

import { Download, FileText, ImageOff } from "lucide-react";
import { useRouter } from "next/navigation";
import { buttonClass } from "@/components/ui/button";
import { Spinner } from "@/components/ui/spinner";
import { usePolling } from "@/components/ui/use-polling";
import type { MediaDetail } from "@/lib/media/schema";
import { titleOf, typeNameOf } from "./media-text";

/** A media without a picture: being processed, kept as a file, or not readable. */
export function ViewerFile({ media, downloadHref }: { media: MediaDetail; downloadHref: string | null }) {
  const { icon, words } = looksOf(media);
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
        <p className="mt-4 text-muted leading-relaxed">{words}</p>
        {downloadHref && media.state !== "pending" && (
          <a href={downloadHref} download className={buttonClass({ variant: "primary" }, "mt-7")}>
            <Download aria-hidden />
            Download the file
          </a>
        )}
      </div>
    </div>
  );
}

function looksOf({ state, rejectReason }: MediaDetail) {
  if (state === "kept") {
    return {
      icon: <FileText aria-hidden />,
      words: "This is not a picture Atoll can show. It is kept exactly as it was uploaded.",
    };
  }
  if (state === "rejected") {
    return {
      icon: <ImageOff aria-hidden className="text-danger" />,
      words: rejectReason ?? "This picture could not be read. The file is kept as it came.",
    };
  }
  return { icon: <Spinner />, words: "This picture is being processed. It appears here by itself." };
}

import { useEffect, useState } from "react";
import { announcement } from "../progress/upload-text";
import type { RunningUpload } from "../store/uploads-store";

/**
 * Announces the progress of uploads to screen readers, on all pages. Always mounted, as a live region that appears
 * together with its text is not read. It holds the last message of any upload.
 */
export function TrayAnnouncer({ uploads }: { uploads: readonly RunningUpload[] }) {
  const [message, setMessage] = useState("");
  const several = uploads.length > 1;
  useEffect(() => {
    const ends = uploads.map(({ collection, uploader }) => {
      let last = "";
      const update = () => {
        const text = announcement(uploader.getSnapshot());
        if (text === last) return;
        last = text;
        setMessage(several ? `${collection.name}: ${text}` : text);
      };
      update();
      return uploader.subscribe(update);
    });
    return () => {
      for (const end of ends) end();
    };
  }, [uploads, several]);
  return (
    <p role="status" className="sr-only">
      {uploads.length > 0 ? message : ""}
    </p>
  );
}

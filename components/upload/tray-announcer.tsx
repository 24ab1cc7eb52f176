import { useEffect, useState } from "react";
import { announcement } from "./upload-text";
import type { RunningUpload } from "./uploads-store";

/**
 * Says how the uploads fare to those who listen, wherever they are on the site. It is always there, as a live region
 * that comes with its text is not read; it holds what was said last, by the upload that said it.
 */
export function TrayAnnouncer({ uploads }: { uploads: readonly RunningUpload[] }) {
  const [message, setMessage] = useState("");
  const several = uploads.length > 1;
  useEffect(() => {
    const ends = uploads.map(({ collection, uploader }) => {
      let said = "";
      const say = () => {
        const text = announcement(uploader.getSnapshot());
        if (text === said) return;
        said = text;
        setMessage(several ? `${collection.name}: ${text}` : text);
      };
      say();
      return uploader.subscribe(say);
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

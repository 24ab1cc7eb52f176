import { useEffect, useEffectEvent } from "react";

function takesText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

/** Lets files be pasted anywhere on the page. `onPaste` runs inside the event, the only time they can be read. */
export function usePagePaste(onPaste: (transfer: DataTransfer) => void): void {
  const take = useEffectEvent(onPaste);
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      if (!event.clipboardData?.types.includes("Files") || takesText(event.target)) return;
      event.preventDefault();
      take(event.clipboardData);
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, []);
}

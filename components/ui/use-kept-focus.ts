import { type RefObject, useEffect, useRef } from "react";

/**
 * Keeps the focus in a part of the page when the element that had it goes away: a row that was canceled, a button that
 * became another one. `fallback` gets it then; otherwise the next Tab starts at the top of the page.
 */
export function useKeptFocus(
  part: RefObject<HTMLElement | null>,
  fallback: RefObject<HTMLElement | null> = part,
): void {
  const last = useRef<Element | null>(null);
  useEffect(() => {
    const element = part.current;
    const note = ({ target }: FocusEvent) => {
      last.current = target instanceof Element ? target : null;
    };
    const leave = ({ relatedTarget, target }: FocusEvent) => {
      // A dialog returns the focus to its opener, unless that is removed with it.
      if (relatedTarget instanceof Element && relatedTarget.closest("[role=dialog]")) return;
      // The event comes before the element is removed: only later it differs from a click on nothing.
      queueMicrotask(() => {
        if (last.current === target && (relatedTarget || last.current?.isConnected)) last.current = null;
      });
    };
    element?.addEventListener("focusin", note);
    element?.addEventListener("focusout", leave);
    return () => {
      element?.removeEventListener("focusin", note);
      element?.removeEventListener("focusout", leave);
    };
  }, [part]);
  // After every render, as any may remove the element.
  useEffect(() => {
    if (!last.current || last.current.isConnected) return;
    last.current = null;
    if (document.activeElement === document.body || document.activeElement === null)
      fallback.current?.focus({ preventScroll: true });
  });
}

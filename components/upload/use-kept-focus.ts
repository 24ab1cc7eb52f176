import { type RefObject, useEffect, useRef } from "react";

/**
 * Keeps the focus in a part of the page when the element that had it goes away: a row that was canceled, a button that
 * became another one. `fallback` gets it then; without this the next Tab would start at the top of the page.
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
      // A dialog gives the focus back, or its opener goes away with it.
      if (relatedTarget instanceof Element && relatedTarget.closest("[role=dialog]")) return;
      // Browsers tell of it before they remove the element: only afterwards it can be told from a click on nothing.
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
  // After every change, as any may take the element away.
  useEffect(() => {
    if (!last.current || last.current.isConnected) return;
    last.current = null;
    if (document.activeElement === document.body || document.activeElement === null)
      fallback.current?.focus({ preventScroll: true });
  });
}

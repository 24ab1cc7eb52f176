import { useSyncExternalStore } from "react";

// Each picture is a page of its own. The panel's state is kept across them, until a full page load.
let open = false;
const listeners = new Set<() => void>();

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useInfoOpen(): [boolean, () => void] {
  const value = useSyncExternalStore(
    subscribe,
    () => open,
    () => false,
  );
  const toggle = () => {
    open = !open;
    for (const listener of listeners) listener();
  };
  return [value, toggle];
}

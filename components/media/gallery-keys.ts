import type { KeyboardEvent } from "react";

/** Arrow keys walk over the tiles; Tab does so too, link by link. */
export function moveTileFocus(event: KeyboardEvent<HTMLElement>): void {
  const here = event.target instanceof Element ? event.target.closest("li") : null;
  if (!here || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const to = neighbour(here, event.key);
  if (!to) return;
  event.preventDefault();
  to.querySelector("a")?.focus();
}

function neighbour(here: Element, key: string): Element | null {
  if (key === "ArrowRight") return here.nextElementSibling;
  if (key === "ArrowLeft") return here.previousElementSibling;
  if (key === "ArrowDown") return inOtherRow(here, (tile) => tile.nextElementSibling);
  if (key === "ArrowUp") return inOtherRow(here, (tile) => tile.previousElementSibling);
  return null;
}

/** The tile of the next row in this direction whose middle is nearest. */
function inOtherRow(here: Element, step: (tile: Element) => Element | null): Element | null {
  const from = here.getBoundingClientRect();
  const middle = from.left + from.width / 2;
  let best: { tile: Element; distance: number; top: number } | null = null;
  for (let tile = step(here); tile; tile = step(tile)) {
    const box = tile.getBoundingClientRect();
    if (Math.abs(box.top - from.top) < 1) continue;
    if (best && Math.abs(box.top - best.top) > 1) break;
    const distance = Math.abs(box.left + box.width / 2 - middle);
    if (!best || distance < best.distance) best = { tile, distance, top: box.top };
  }
  return best?.tile ?? null;
}

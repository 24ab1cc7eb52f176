import type { KeyboardEvent } from "react";

/** Moves the focus between tiles by arrow keys. Tab works as usual. */
export function moveTileFocus(event: KeyboardEvent<HTMLElement>): void {
  const tile = event.target instanceof Element ? event.target.closest("li") : null;
  if (!tile || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const target = neighbour(tile, event.key);
  if (!target) return;
  event.preventDefault();
  target.querySelector("a")?.focus();
}

function neighbour(tile: Element, key: string): Element | null {
  if (key === "ArrowRight") return tile.nextElementSibling;
  if (key === "ArrowLeft") return tile.previousElementSibling;
  if (key === "ArrowDown") return nearestInNextRow(tile, (current) => current.nextElementSibling);
  if (key === "ArrowUp") return nearestInNextRow(tile, (current) => current.previousElementSibling);
  return null;
}

/** Returns the tile of the next row, in the direction of `step`, whose horizontal centre is nearest. */
function nearestInNextRow(start: Element, step: (tile: Element) => Element | null): Element | null {
  const from = start.getBoundingClientRect();
  const middle = from.left + from.width / 2;
  let best: { tile: Element; distance: number; top: number } | null = null;
  for (let tile = step(start); tile; tile = step(tile)) {
    const box = tile.getBoundingClientRect();
    if (Math.abs(box.top - from.top) < 1) continue;
    if (best && Math.abs(box.top - best.top) > 1) break;
    const distance = Math.abs(box.left + box.width / 2 - middle);
    if (!best || distance < best.distance) best = { tile, distance, top: box.top };
  }
  return best?.tile ?? null;
}

/** Position and classes shared by the panels that open beside a button: menu and popover. */
export const floatingProps = { align: "end", sideOffset: 8, collisionPadding: 12 } as const;

export const floatingClass = "z-50 animate-rise rounded-2xl border border-line bg-surface text-ink shadow-float";

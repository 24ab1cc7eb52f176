export const mainId = "main";

export function SkipLink() {
  return (
    <a
      href={`#${mainId}`}
      className="fixed top-3 left-3 z-50 -translate-y-20 rounded-xl opacity-0 bg-accent px-4 py-2 font-medium text-accent-ink text-sm shadow-float focus-visible:translate-y-0 focus-visible:opacity-100"
    >
      Skip to main content
    </a>
  );
}

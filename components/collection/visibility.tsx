import { Eye, Globe, Lock } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import type { Visibility } from "@/lib/collection/policy";

/** What each visibility means, in words for the person who chooses. */
export const visibilityLooks = {
  private: { icon: Lock, name: "Private", meaning: "Only members see that it exists and what is in it." },
  preview: {
    icon: Eye,
    name: "Preview",
    meaning:
      "Anyone with the address sees small thumbnails and counts. The originals, who added them and where they were taken are for members.",
  },
  public: {
    icon: Globe,
    name: "Public",
    meaning: "Anyone sees and downloads everything. It can appear on the start page.",
  },
} as const satisfies Record<Visibility, { icon: typeof Lock; name: string; meaning: string }>;

export function VisibilityBadge({ visibility }: { visibility: Visibility }) {
  const { icon: Icon, name } = visibilityLooks[visibility];
  return (
    <Badge tone={visibility === "private" ? "neutral" : "accent"}>
      <Icon aria-hidden />
      {name}
    </Badge>
  );
}

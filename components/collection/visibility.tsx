import { Eye, Globe, Lock } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import type { Visibility } from "@/lib/collection/policy";

/** Icon, name and explanation of each visibility. */
export const visibilityDetails = {
  private: { icon: Lock, name: "Private", meaning: "Only members can see this collection." },
  preview: {
    icon: Eye,
    name: "Preview",
    meaning:
      "Anyone with the link sees small thumbnails and counts. Only members see originals, who added them and where they were taken.",
  },
  public: {
    icon: Globe,
    name: "Public",
    meaning: "Anyone can see and download everything. The collection may appear on the home page.",
  },
} as const satisfies Record<Visibility, { icon: typeof Lock; name: string; meaning: string }>;

export function VisibilityBadge({ visibility }: { visibility: Visibility }) {
  const { icon: Icon, name } = visibilityDetails[visibility];
  return (
    <Badge tone={visibility === "private" ? "neutral" : "accent"}>
      <Icon aria-hidden />
      {name}
    </Badge>
  );
}

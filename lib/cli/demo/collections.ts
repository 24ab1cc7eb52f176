import type { Visibility } from "@/lib/collection/policy";
import type { Scene } from "./pictures";

export type DemoCollection = {
  name: string;
  slug: string;
  description: string;
  visibility: Visibility;
  scene: Scene;
  firstTakenAt: Date;
  hoursBetween: number;
  paths: string[];
};

const numbered = (folder: string, first: number, count: number) =>
  Array.from({ length: count }, (_, index) => `${folder}/IMG_${String(first + index * 3).padStart(4, "0")}.jpg`);

/** One collection of each visibility. */
export const demoCollections: DemoCollection[] = [
  {
    name: "Reef survey",
    slug: "reef-survey",
    description: "Transects along the outer slope, by site. Private: only members can see it.",
    visibility: "private",
    scene: "reef",
    firstTakenAt: new Date("2026-03-14T08:12:00Z"),
    hoursBetween: 5,
    paths: [...numbered("site-1/slope", 212, 5), ...numbered("site-2/lagoon", 340, 7)],
  },
  {
    name: "Atolls from above",
    slug: "atolls-from-above",
    description: "Drone flights at noon. Anyone can see the thumbnails; only members see the originals.",
    visibility: "preview",
    scene: "aerial",
    firstTakenAt: new Date("2026-04-02T11:47:00Z"),
    hoursBetween: 26,
    paths: [...numbered("flight-07", 1, 6), ...numbered("flight-08", 1, 6)],
  },
  {
    name: "Evenings ashore",
    slug: "evenings-ashore",
    description: "The hills behind the station in the evening. Public: anyone can see it.",
    visibility: "public",
    scene: "ridges",
    firstTakenAt: new Date("2026-05-09T18:31:00Z"),
    hoursBetween: 71,
    paths: numbered("hills", 18, 12),
  },
];

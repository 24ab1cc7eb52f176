import sharp from "sharp";
import { aerial } from "./aerial";
import { reefLife, reefWater } from "./reef";
import { ridges } from "./ridges";

export type Scene = "aerial" | "reef" | "ridges";

const shapes = [
  [1500, 1000],
  [1200, 1500],
  [1600, 900],
  [1280, 1280],
  [1000, 1500],
  [1680, 1050],
  [1800, 760],
] as const;

function raw(scene: Scene, width: number, height: number, seed: number): Buffer {
  if (scene === "aerial") return aerial(width, height, seed);
  return scene === "reef" ? reefWater(width, height, seed) : ridges(width, height, seed);
}

/** Generates a picture as JPEG, with `takenAt` in its EXIF. The same number gives the same picture. */
export async function makePicture(scene: Scene, number: number, takenAt: Date): Promise<Buffer> {
  const [width, height] = shapes[number % shapes.length] ?? shapes[0];
  const seed = number * 37 + 11;
  // Painted at half the size and enlarged, which takes a quarter of the time. Air and water have no fine detail.
  const half = { width: width / 2, height: height / 2 };
  const painted = raw(scene, half.width, half.height, seed);
  const picture = sharp(painted, { raw: { ...half, channels: 3 } }).resize(width, height, { kernel: "cubic" });
  if (scene === "reef") picture.composite([{ input: reefLife(width, height, seed) }]);
  const time = takenAt.toISOString().slice(0, 19).replaceAll("-", ":").replace("T", " ");
  return picture
    .withExif({
      IFD0: { Make: "Atoll", Model: "Demo", DateTime: time },
      IFD2: { DateTimeOriginal: time, OffsetTimeOriginal: "+00:00" },
    })
    .jpeg({ quality: 84, mozjpeg: false })
    .toBuffer();
}

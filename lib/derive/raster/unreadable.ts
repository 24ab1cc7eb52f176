/** Thrown when a picture cannot be shown. The message is for people. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/** Thrown when the bytes are damaged, or part of them is missing: perhaps something can be shown all the same. */
export class Damaged extends Unreadable {}

const stored = "The file is stored as uploaded.";

/** `name`: JPEG, TIFF, … */
export function damaged(name: string): Damaged {
  return new Damaged(
    `This ${name} could not be read: it is incomplete or damaged. ${stored} If it opens on your computer, upload it again.`,
  );
}

/** The file may be sound, but what it uses cannot be decoded here: "LERC compression". */
export function undecodable(name: string, feature: string): Unreadable {
  return new Unreadable(`This ${name} cannot be displayed: Atoll cannot decode ${feature}. ${stored}`);
}

export function tooSlow(name: string): Unreadable {
  return new Unreadable(`This ${name} takes too long to decode. ${stored}`);
}

export function tooLarge(width: number, height: number, maxPixels: number): Unreadable {
  const megapixels = Math.ceil((width * height) / 1e6).toLocaleString("en");
  return new Unreadable(
    `The picture has ${width.toLocaleString("en")} × ${height.toLocaleString("en")} pixels (${megapixels} megapixels); up to ${maxPixels / 1e6} megapixels can be displayed. ${stored}`,
  );
}

/** Shown with a picture of which only part could be decoded. */
export const partlyDamaged =
  "This file is incomplete or damaged: only what could be read is shown. The original is stored as uploaded. If it opens on your computer, upload it again.";

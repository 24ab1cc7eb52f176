import { ascii, position, tag, tiff } from "@/tests/support/metadata/tiff";

/** EXIF of a picture taken in Tokyo. */
export const tokyo = tiff({
  exif: { [tag.dateTimeOriginal]: ascii("2024:01:01 07:30:00"), [tag.offsetTimeOriginal]: ascii("+09:00") },
  gps: position(35.5, 139.75),
});

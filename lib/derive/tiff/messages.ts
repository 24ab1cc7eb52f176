/** Messages of libtiff and libvips about pixels. Those about tags alone, of which there are many, say nothing of the picture. */
const damage =
  /error at scanline|read error|corrupt|premature|truncat|not enough data|bad code|not yet in table|bad seek|bogus|uncompressed data|not configured|not implemented|no known route|separate planes|corrupt header/i;
const aboutTags = /byte ?counts|ReferenceBlackWhite/i;

export function isTiffDamage(messages: string): boolean {
  return messages.split("\n").some((message) => damage.test(message) && !aboutTags.test(message));
}

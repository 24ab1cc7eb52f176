import type { Blocks } from "./blocks";

const iptcResource = 0x0404;
const headerBytes = 12;

/**
 * Finds IPTC records among Photoshop's image resources, which JPEG, PNG and TIFF carry:
 * https://www.adobe.com/devnet-apps/photoshop/fileformatashtml/ ("Image Resource Blocks").
 */
export function addPhotoshop(resources: Buffer, blocks: Blocks): void {
  let position = 0;
  while (position + headerBytes <= resources.length) {
    if (resources.toString("latin1", position, position + 4) !== "8BIM") return;
    const id = resources.readUInt16BE(position + 4);
    const nameBytes = even(1 + resources.readUInt8(position + 6));
    const sizeAt = position + 6 + nameBytes;
    if (sizeAt + 4 > resources.length) return;
    const sizeBytes = resources.readUInt32BE(sizeAt);
    if (id === iptcResource) blocks.addIptc(resources.subarray(sizeAt + 4, sizeAt + 4 + sizeBytes));
    position = sizeAt + 4 + even(sizeBytes);
  }
}

function even(length: number): number {
  return length + (length % 2);
}

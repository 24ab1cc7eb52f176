/** The first chunk of a WebP of this kind and size, as RFC 9649 has it, with zeros behind it. */
export function webpHeader(kind: "lossy" | "lossless" | "animated", width: number, height: number): Buffer {
  const { type, body } = chunks[kind](width, height);
  const file = Buffer.alloc(64);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(file.length - 8, 4);
  file.write(`WEBP${type}`, 8, "latin1");
  file.writeUInt32LE(body.length, 16);
  body.copy(file, 20);
  return file;
}

const chunks = {
  lossy: (width: number, height: number) => {
    const body = Buffer.from([0x10, 0, 0, 0x9d, 0x01, 0x2a, 0, 0, 0, 0]);
    body.writeUInt16LE(width, 6);
    body.writeUInt16LE(height, 8);
    return { type: "VP8 ", body };
  },
  lossless: (width: number, height: number) => {
    const body = Buffer.from([0x2f, 0, 0, 0, 0]);
    body.writeUInt32LE(((height - 1) << 14) | (width - 1), 1);
    return { type: "VP8L", body };
  },
  animated: (width: number, height: number) => {
    const body = Buffer.from([0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    body.writeUIntLE(width - 1, 4, 3);
    body.writeUIntLE(height - 1, 7, 3);
    return { type: "VP8X", body };
  },
};

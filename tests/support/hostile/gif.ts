const uint16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};

/**
 * A GIF of one colour: one pixel a frame, unless stated. `frame`: the size of each frame, which may exceed the canvas. The frames'
 * data end early, so that they are a few bytes of any size.
 */
export function gifOf({
  width,
  height,
  frames = 1,
  frame = { width: 1, height: 1 },
}: {
  width: number;
  height: number;
  frames?: number;
  frame?: { width: number; height: number };
}): Buffer {
  const screen = Buffer.concat([uint16(width), uint16(height), Buffer.from([0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff])]);
  // Codes of three bits: clear, colour 0, end.
  const data = Buffer.from([2, 2, 0x44, 0x01, 0]);
  const image = Buffer.concat([
    Buffer.from([0x21, 0xf9, 4, 0, 0, 0, 0, 0]),
    Buffer.from([0x2c, 0, 0, 0, 0]),
    uint16(frame.width),
    uint16(frame.height),
    Buffer.from([0]),
    data,
  ]);
  return Buffer.concat([
    Buffer.from("GIF89a", "latin1"),
    screen,
    ...Array<Buffer>(frames).fill(image),
    Buffer.from(";"),
  ]);
}

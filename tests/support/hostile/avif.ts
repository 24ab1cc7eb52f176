import sharp from "sharp";

/** A HEIF box: 32-bit size, type, contents (ISO/IEC 14496-12, 4.2). */
export const box = (type: string, ...contents: Buffer[]): Buffer => {
  const body = Buffer.concat(contents);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, body]);
};

const fullBox = (type: string, version: number, ...contents: Buffer[]): Buffer =>
  box(type, Buffer.from([version, 0, 0, 0]), ...contents);

const u16 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => uint(value, 2)));
const u32 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => uint(value, 4)));

function uint(value: number, bytes: 2 | 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

const ispe = (width: number, height: number) => fullBox("ispe", 0, u32(width, height));

/** Returns the contents of the first box of this type, wherever it is. */
function contentsOf(file: Buffer, type: string): Buffer {
  const at = file.indexOf(type, 0, "latin1");
  return file.subarray(at + 4, at - 4 + file.readUInt32BE(at - 4));
}

/**
 * An AVIF whose picture is a grid of one small tile, over and over: a kilobyte of any size. `claims`: the size of the whole
 * that the file states, where it is not the true one.
 */
export async function gridAvif({
  columns,
  rows,
  tileSize = 64,
  claims = { width: columns * tileSize, height: rows * tileSize },
}: {
  columns: number;
  rows: number;
  tileSize?: number;
  claims?: { width: number; height: number };
}): Promise<Buffer> {
  const tile = await flatAvif(tileSize, tileSize);
  const [av1C, coded] = [box("av1C", contentsOf(tile, "av1C")), contentsOf(tile, "mdat")];
  const grid = Buffer.concat([Buffer.from([0, 1, rows - 1, columns - 1]), u32(claims.width, claims.height)]);
  const [gridId, tileId] = [1, 2];
  const item = (id: number, type: string) => fullBox("infe", 2, u16(id, 0), Buffer.from(`${type}\0`, "latin1"));
  const properties = box(
    "iprp",
    box(
      "ipco",
      ispe(claims.width, claims.height),
      ispe(tileSize, tileSize),
      av1C,
      fullBox("pixi", 0, Buffer.from([3, 8, 8, 8])),
    ),
    fullBox(
      "ipma",
      0,
      u32(2),
      Buffer.concat([u16(gridId), Buffer.from([2, 1, 4]), u16(tileId), Buffer.from([3, 2, 0x83, 4])]),
    ),
  );
  const references = fullBox(
    "iref",
    0,
    box("dimg", u16(gridId, columns * rows), u16(...Array(columns * rows).fill(tileId))),
  );
  const ftyp = box("ftyp", Buffer.from("avif\0\0\0\0avifmif1miaf", "latin1"));
  const meta = (dataAt: number) =>
    fullBox(
      "meta",
      0,
      fullBox("hdlr", 0, u32(0), Buffer.from("pict", "latin1"), Buffer.alloc(13)),
      fullBox("pitm", 0, u16(gridId)),
      // 4-byte offsets and lengths; construction method 1: in idat.
      fullBox(
        "iloc",
        1,
        Buffer.from([0x44, 0]),
        u16(2),
        u16(gridId, 1, 0, 1),
        u32(0, grid.length),
        u16(tileId, 0, 0, 1),
        u32(dataAt, coded.length),
      ),
      fullBox("iinf", 0, u16(2), item(gridId, "grid"), item(tileId, "av01")),
      properties,
      box("idat", grid),
      references,
    );
  return Buffer.concat([ftyp, meta(ftyp.length + meta(0).length + 8), box("mdat", coded)]);
}

/** A plain AVIF of one colour. */
function flatAvif(width: number, height: number): Promise<Buffer> {
  return sharp(Buffer.alloc(width * height * 3, 0x80), { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .avif({ quality: 1, effort: 0 })
    .toBuffer();
}

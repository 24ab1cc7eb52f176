import { box } from "./avif";
import { type Directory, type Entry, tiffFile } from "./tiff";

/** Raw files in the way of several makers: sensor data that nothing here decodes, and previews where each keeps them. */

export type RawOptions = { preview?: Buffer; orientation?: number };

const sensorSize = { width: 6_000, height: 4_000 } as const;
const sensor: Buffer = Buffer.alloc(256, 0x5a);

function sensorDirectory(compression: number, extra: Entry[] = []): Directory {
  const { width, height } = sensorSize;
  return {
    entries: [
      [254, "long", [0]],
      [256, "long", [width]],
      [257, "long", [height]],
      [258, "short", [14]],
      [259, "short", [compression]],
      [262, "short", [32_803]],
      [277, "short", [1]],
      ...extra,
    ],
    strips: [sensor],
  };
}

/** A small picture without compression: what a reader of TIFF takes for the picture. */
function thumbnail(make: string, extra: Entry[] = []): Directory {
  return {
    entries: [
      [254, "long", [1]],
      [256, "long", [160]],
      [257, "long", [106]],
      [258, "short", [8, 8, 8]],
      [259, "short", [1]],
      [262, "short", [2]],
      [271, "ascii", make],
      [277, "short", [3]],
      [278, "long", [106]],
      ...extra,
    ],
    strips: [Buffer.alloc(160 * 106 * 3, 0x80)],
  };
}

const turned = ({ orientation }: RawOptions): Entry[] => (orientation ? [[274, "short", [orientation]]] : []);

/** Nikon: a thumbnail, and below it the preview and the sensor. */
export function nef({ preview, ...options }: RawOptions = {}): Buffer {
  const first = thumbnail("NIKON CORPORATION", turned(options));
  const previews: Directory[] = preview ? [{ entries: [[254, "long", [1]]], jpeg: preview }] : [];
  return tiffFile([{ ...first, below: [...previews, sensorDirectory(34_713)] }], { isBigEndian: true });
}

/** Adobe: the preview is a strip compressed as JPEG, and the picture a part of the sensor. */
export function dng({ preview, ...options }: RawOptions = {}): Buffer {
  const first = thumbnail("Google", [[50_706, "byte", [1, 4, 0, 0]], ...turned(options)]);
  const previews: Directory[] = preview
    ? [
        {
          entries: [
            [254, "long", [1]],
            [259, "short", [7]],
          ],
          strips: [preview],
        },
      ]
    : [];
  return tiffFile([{ ...first, below: [sensorDirectory(7, [[50_720, "rational", [5_984, 3_992]]]), ...previews] }]);
}

/** Sony: the preview is named by the first directory. */
export function arw({ preview, ...options }: RawOptions = {}): Buffer {
  const entries: Entry[] = [[271, "ascii", "SONY"], [254, "long", [1]], ...turned(options)];
  return tiffFile([{ entries, ...(preview ? { jpeg: preview } : {}), below: [sensorDirectory(32_767)] }]);
}

/** Canon: the first directory is the preview; the sensor has no photometric interpretation. */
export function cr2({ preview, ...options }: RawOptions = {}): Buffer {
  const entries: Entry[] = [[259, "short", [6]], [271, "ascii", "Canon"], ...turned(options)];
  const size: Entry[] = [
    [256, "long", [sensorSize.width]],
    [257, "long", [sensorSize.height]],
  ];
  const first: Directory = { entries: [...size, ...entries], ...(preview ? { strips: [preview] } : {}) };
  const preamble = Buffer.from("CR\x02\0\0\0\0\0", "latin1");
  return tiffFile([first, { entries: [[259, "short", [6]]], strips: [sensor] }], { preamble });
}

/** Panasonic: another number in the header, borders of the picture on the sensor, the preview as a tag. */
export function rw2({ preview, ...options }: RawOptions = {}): Buffer {
  const borders: Entry[] = [4, 5, 6, 7].map((tag, i) => [tag, "short", [[8, 16, 4_008, 6_016][i] ?? 0]]);
  const entries: Entry[] = [[2, "short", [6_032]], [3, "short", [4_016]], ...borders, [271, "ascii", "Panasonic"]];
  if (preview) entries.push([46, "byte", [...preview]]);
  return tiffFile([{ entries: [...entries, ...turned(options)] }], { magic: 0x55 });
}

/** Olympus: the preview is where only the maker's notes say. */
export function orf({ preview = Buffer.alloc(0), ...options }: RawOptions = {}): Buffer {
  const { width, height } = sensorSize;
  const entries: Entry[] = [
    [256, "long", [width]],
    [257, "long", [height]],
    [271, "ascii", "OLYMPUS CORPORATION"],
  ];
  const notes = Buffer.concat([Buffer.from("OLYMPUS\0II\x03\0"), Buffer.alloc(20), preview]);
  return tiffFile([{ entries: [...entries, [37_500, "byte", [...notes]], ...turned(options)] }], { magic: 0x4f52 });
}

/** Fujifilm: no TIFF at all. */
export function raf({ preview = Buffer.alloc(0) }: RawOptions = {}): Buffer {
  return Buffer.concat([Buffer.from("FUJIFILMCCD-RAW 0201FF383501X-T3"), Buffer.alloc(116), preview, sensor]);
}

/** Canon's newer files: boxes, with a TIFF that holds the tags. */
export function cr3({ preview = Buffer.alloc(0), ...options }: RawOptions = {}): Buffer {
  const { width, height } = sensorSize;
  const tags = tiffFile([{ entries: [[256, "long", [width]], [257, "long", [height]], ...turned(options)] }]);
  const start = box("ftyp", Buffer.from("crx \0\0\0\x01crx isom", "latin1"));
  return Buffer.concat([
    start,
    box("moov", box("uuid", Buffer.alloc(16, 7), box("CMT1", tags))),
    box("mdat", preview, sensor),
  ]);
}

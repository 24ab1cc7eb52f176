const blockBytes = 512;

/**
 * Returns the header of a regular file in a tar archive (ustar, POSIX.1-1988): `name` of at most 100 ASCII characters,
 * `sizeBytes` below 8 GiB. Throws RangeError otherwise. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
export function tarHeader(name: string, sizeBytes: number, modifiedAt: Date): Uint8Array {
  if (!/^[\x20-\x7e]{1,100}$/.test(name)) throw new RangeError("a name in a tar header has 1 to 100 ASCII characters");
  if (sizeBytes >= 8 ** 11) throw new RangeError("a file in a tar archive is smaller than 8 GiB");
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  header.write(name, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(sizeBytes, 11), 124);
  header.write(octal(Math.floor(modifiedAt.getTime() / 1_000), 11), 136);
  // The checksum is computed with its own field set to spaces.
  header.write(" ".repeat(8), 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)} `, 148);
  return header;
}

/** Returns the zeros that fill the last block of a file. */
export function tarPadding(sizeBytes: number): Uint8Array {
  return Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

/** Two empty blocks end an archive. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * blockBytes);

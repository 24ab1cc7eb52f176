import type { About } from "./document";
import { receiptFiles, sentPath } from "./rows";

/** Yields a SHA256SUMS file for `sha256sum --check`, which ignores lines that start with #. */
export async function* sha256Sums(about: About): AsyncGenerator<string> {
  yield `# Upload ${about.id}, verified ${about.verifiedAt ?? ""}\n`;
  for await (const file of receiptFiles(about.id)) {
    const { sha256, crc64nvme, problem } = file;
    const path = sentPath(file);
    if (problem !== null) yield `# ${escapeName(`${path}: ${problem}`)}\n`;
    if (sha256) yield sumLine(sha256, path);
    else yield `# no SHA-256 yet${crc64nvme ? `, CRC64NVME ${crc64nvme}` : ""}: ${escapeName(path)}\n`;
  }
}

/**
 * Returns a line in the format of coreutils: backslashes and line breaks of a name are escaped, and the line then starts with a
 * backslash. https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html
 */
export function sumLine(sum: string, name: string): string {
  const escaped = escapeName(name);
  return `${escaped === name ? "" : "\\"}${sum}  ${escaped}\n`;
}

function escapeName(name: string): string {
  return name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}

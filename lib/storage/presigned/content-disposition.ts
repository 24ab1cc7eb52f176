import { replaceFaults } from "@/lib/text/policy";

/** Types a browser may render from the bucket's origin. None can contain scripts. Other types are downloads. */
const inlineTypes: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"]);

/** The response headers that decide whether a browser renders or downloads an object. They are signed into the URL. */
export type Serving = { responseContentType: string; responseContentDisposition: string };

/** Tells whether a browser may render this type. Exact match: types with parameters do not match. */
export function isInlineType(contentType: string | undefined): boolean {
  return contentType !== undefined && inlineTypes.has(contentType);
}

/**
 * Returns the headers an object is served with. `contentType` is the type detected in the bytes, never the uploader's.
 * `downloadAs` makes it a download with that name. Only the five image types are served inline. SVG, HTML, PDF, unknown and
 * absent types become attachments of type application/octet-stream, which browsers do not run.
 */
export function servingOf(contentType: string | undefined, downloadAs: string | undefined): Serving {
  const safe = contentType !== undefined && inlineTypes.has(contentType);
  return {
    responseContentType: safe ? contentType : "application/octet-stream",
    responseContentDisposition:
      downloadAs === undefined ? (safe ? "inline" : "attachment") : attachmentDisposition(downloadAs),
  };
}

/**
 * Returns a Content-Disposition `attachment` with `filename` in ASCII and, if needed, `filename*` in UTF-8 (RFC 6266, RFC
 * 8187). Uses only the last segment of a path. Quotes, backslashes, percent signs and control characters are replaced in
 * `filename`; lone surrogates become U+FFFD.
 */
export function attachmentDisposition(fileName: string): string {
  const clean = replaceFaults(lastSegment(fileName).toWellFormed(), () => "_");
  const name = clean === "" || clean === "." || clean === ".." ? "download" : clean;
  // No percent signs in `filename`, because some browsers decode them (RFC 6266, appendix D).
  const ascii = name.replace(/[^\x20-\x7e]/gu, "_").replace(/["\\%]/g, "_");
  const plain = `attachment; filename="${ascii}"`;
  return ascii === name ? plain : `${plain}; filename*=UTF-8''${encodeExtended(name)}`;
}

function lastSegment(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** Encodes all but RFC 8187's attr-char. encodeURIComponent leaves four characters that are not attr-char. */
function encodeExtended(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** What a browser may render from the bucket's origin; nothing here can carry a script. Everything else is a download. */
const inlineTypes: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"]);

/** The two headers that decide what a browser does with an object; signed into the URL, so nobody can change them. */
export type Serving = { responseContentType: string; responseContentDisposition: string };

/** Whether an object of this type may be rendered in a page or a tab. Exact match: no parameters, no lists, no prefixes. */
export function isInlineType(contentType: string | undefined): boolean {
  return contentType !== undefined && inlineTypes.has(contentType);
}

/**
 * How an object is served. `contentType` is what its bytes were found to be (never what the uploader said); `downloadAs`
 * makes it a download under that name. The one place of the rule: only the five image types are ever inline; SVG, HTML,
 * PDF, unknown and absent types become attachments of type application/octet-stream, which no browser runs.
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
 * `attachment` with a file name for old and new browsers: `filename` in ASCII, `filename*` in UTF-8 (RFC 6266, RFC 8187).
 * Only the last segment of a path is kept; quotes, backslashes, percent signs and control characters never reach the
 * quoted form, and lone surrogates become U+FFFD.
 */
export function attachmentDisposition(fileName: string): string {
  const clean = lastSegment(fileName)
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get into a header
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "_");
  const name = clean === "" || clean === "." || clean === ".." ? "download" : clean;
  // RFC 6266, appendix D: no percent signs in the plain form, as some browsers decode them there.
  const ascii = name.replace(/[^\x20-\x7e]/gu, "_").replace(/["\\%]/g, "_");
  const plain = `attachment; filename="${ascii}"`;
  return ascii === name ? plain : `${plain}; filename*=UTF-8''${encodeExtended(name)}`;
}

function lastSegment(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** RFC 8187 attr-char: letters, digits and ! # $ & + - . ^ _ ` | ~; encodeURIComponent leaves four more. */
function encodeExtended(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attachmentDisposition, isInlineType, servingOf } from "@/lib/storage/presigned/content-disposition";

const inline = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"];

describe("servingOf", () => {
  it.each(inline)("renders %s", (contentType) => {
    expect(isInlineType(contentType)).toBe(true);
    expect(servingOf(contentType, undefined)).toEqual({
      responseContentType: contentType,
      responseContentDisposition: "inline",
    });
  });

  it.each([
    "image/svg+xml",
    "text/html",
    "application/xhtml+xml",
    "application/pdf",
    "text/xml",
    "image/tiff",
    "image/jpegz;text/html",
    "image/jpeg;text/html",
    "image/jpeg,text/html",
    "image/jpeg ",
    "IMAGE/JPEG",
    "image/",
    "",
    undefined,
  ])("makes %j a download no browser runs", (contentType) => {
    expect(isInlineType(contentType)).toBe(false);
    expect(servingOf(contentType, undefined)).toEqual({
      responseContentType: "application/octet-stream",
      responseContentDisposition: "attachment",
    });
  });

  it("returns only the five types and octet-stream, and never inline with a name", () => {
    fc.assert(
      fc.property(fc.option(fc.string({ unit: "binary" }), { nil: undefined }), fc.string(), (type, name) => {
        const plain = servingOf(type, undefined);
        expect([...inline, "application/octet-stream"]).toContain(plain.responseContentType);
        if (plain.responseContentDisposition === "inline") expect(inline).toContain(plain.responseContentType);
        expect(servingOf(type, name).responseContentDisposition).toMatch(/^attachment; filename="/);
      }),
    );
  });
});

describe("attachmentDisposition", () => {
  it.each([
    ["plain.jpg", 'attachment; filename="plain.jpg"'],
    ["site-3/2024/IMG_0042.jpg", 'attachment; filename="IMG_0042.jpg"'],
    ["..\\..\\evil.exe", 'attachment; filename="evil.exe"'],
    ['a"b.jpg', "attachment; filename=\"a_b.jpg\"; filename*=UTF-8''a%22b.jpg"],
    ["100%.jpg", "attachment; filename=\"100_.jpg\"; filename*=UTF-8''100%25.jpg"],
    ["Ünï.jpg", "attachment; filename=\"_n_.jpg\"; filename*=UTF-8''%C3%9Cn%C3%AF.jpg"],
    ["😀.jpg", "attachment; filename=\"_.jpg\"; filename*=UTF-8''%F0%9F%98%80.jpg"],
    ["it's (1)*.jpg", 'attachment; filename="it\'s (1)*.jpg"'],
    ["a\r\nSet-Cookie: x.jpg", 'attachment; filename="a__Set-Cookie: x.jpg"'],
    ["gpj.\u202eexe", 'attachment; filename="gpj._exe"'],
    ["", 'attachment; filename="download"'],
    ["folder/", 'attachment; filename="download"'],
    ["..", 'attachment; filename="download"'],
  ])("%j", (name, header) => {
    expect(attachmentDisposition(name)).toBe(header);
  });

  it("is one well-formed header for any name, and its extended form decodes to the name", () => {
    const names = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme-composite" }));
    fc.assert(
      fc.property(names, (name) => {
        const header = attachmentDisposition(name);
        const match =
          /^attachment; filename="([\x20\x21\x23\x24\x26-\x5b\x5d-\x7e]+)"(?:; filename\*=UTF-8''([A-Za-z0-9!#$&+\-.^_`|~%]+))?$/.exec(
            header,
          );
        expect(match).not.toBeNull();
        const decoded = decodeURIComponent(match?.[2] ?? "").replace(/^$/, match?.[1] ?? "");
        expect(decoded).not.toMatch(/[/\\\p{Cc}]/u);
        expect(["", ".", ".."]).not.toContain(decoded);
      }),
      { numRuns: 1000 },
    );
  });
});

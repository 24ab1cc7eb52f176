import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { InfoPanel } from "@/components/media/viewer/info-panel";
import { formatTaken } from "@/components/media/viewer/taken-time";
import { LocalTime } from "@/components/ui/local-time";
import type { MediaDetail } from "@/lib/media/schema";

type Taken = Pick<MediaDetail, "takenAt" | "takenKnown" | "takenOffsetMinutes">;

function infoOf(taken: Taken): string {
  const media: MediaDetail = {
    ...taken,
    ...{ id: "a", path: "a.jpg", title: null, state: "ready", rejectReason: null, contentType: "image/jpeg" },
    ...{ warning: null, displayNote: null },
    ...{ sizeBytes: 1, width: 1, height: 1, urls: {}, latitude: null, longitude: null, uploadedBy: null },
    ...{ createdAt: "2026-11-30T12:00:00.000Z", revisionNumber: 1, editVersion: 1 },
    ...{ previousId: null, nextId: null, neighbourUrls: [] },
  };
  return renderToStaticMarkup(<InfoPanel media={media} />);
}

const instant = "2023-12-31T22:30:00.000Z";

describe("when a picture was taken", () => {
  it.each([
    ["Tokyo", instant, 540, "1 Jan 2024, 07:30 +09:00", "2024-01-01T07:30:00+09:00"],
    ["St. John's", instant, -210, "31 Dec 2023, 19:00 -03:30", "2023-12-31T19:00:00-03:30"],
    ["Greenwich", instant, 0, "31 Dec 2023, 22:30 +00:00", "2023-12-31T22:30:00+00:00"],
    ["unknown", "2024-01-01T07:30:00.000Z", null, "1 Jan 2024, 07:30 local time", "2024-01-01T07:30:00"],
  ])("is the camera's wall clock: %s", (_where, takenAt, takenOffsetMinutes, words, machine) => {
    expect(formatTaken({ takenAt, takenOffsetMinutes })).toBe(words);
    const html = infoOf({ takenAt, takenKnown: true, takenOffsetMinutes });
    expect(html).toContain(`<time dateTime="${machine}">${words}</time>`);
  });

  it("is not shown where it is the time of the upload", () => {
    expect(infoOf({ takenAt: instant, takenKnown: false, takenOffsetMinutes: null })).not.toContain("Taken");
  });
});

it("a time of the site is UTC, and says so, as long as the user's zone is unknown", () => {
  const html = renderToStaticMarkup(<LocalTime iso="2026-11-30T14:05:00.000Z" />);
  expect(html).toBe('<time dateTime="2026-11-30T14:05:00.000Z">30 Nov 2026, 14:05 UTC</time>');
  expect(renderToStaticMarkup(<LocalTime iso="2026-11-30T14:05:00.000Z" recent />)).toBe(html);
});

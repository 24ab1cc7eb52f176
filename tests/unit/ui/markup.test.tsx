import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { VisibilityBadge } from "@/components/collection/visibility";
import { contourPath } from "@/components/ui/art/contours";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/form/field";
import { Input } from "@/components/ui/form/input";
import { Failure } from "@/components/ui/message/failure";
import { unavailableDigest } from "@/components/ui/message/failure-digest";
import { parseTheme } from "@/components/ui/page/theme";
import { Progress } from "@/components/ui/progress";
import { pollDelayMs } from "@/components/ui/use-polling";

describe("a field", () => {
  it("links label, hint and error to its control", () => {
    const html = renderToStaticMarkup(
      <Field label="Name" hint="As others see it." error="Give a name.">
        {(control) => <Input {...control} name="name" />}
      </Field>,
    );
    const id = /<input id="([^"]+)"/.exec(html)?.[1];
    expect(id).toBeTruthy();
    expect(html).toContain(`<label for="${id}"`);
    expect(html).toContain(`aria-describedby="${id}-error ${id}-hint"`);
    expect(html).toContain('aria-invalid="true"');
  });
});

describe("a progress bar", () => {
  it.each([
    [5, 10, "50"],
    [20, 10, "100"],
    [-1, 10, "0"],
    [0, 0, "0"],
  ])("%d of %d is %s per cent", (value, max, percent) => {
    const html = renderToStaticMarkup(<Progress value={value} max={max} label="Upload" />);
    expect(html).toContain(`aria-valuenow="${percent}"`);
  });

  it("has no value when the progress is unknown", () => {
    expect(renderToStaticMarkup(<Progress value={null} label="Upload" />)).not.toContain("aria-valuenow");
  });
});

describe("a button", () => {
  it("does not submit by default, and is marked as busy", () => {
    expect(renderToStaticMarkup(<Button>Go</Button>)).toContain('type="button"');
    const busy = renderToStaticMarkup(<Button pending>Go</Button>);
    expect(busy).toContain('aria-busy="true"');
    expect(busy).toContain("Go");
    expect(busy).not.toMatch(/ disabled=/);
  });
});

describe("small pieces", () => {
  it("name each visibility", () => {
    expect(renderToStaticMarkup(<VisibilityBadge visibility="preview" />)).toContain("Preview");
  });

  it("accept only known themes from a cookie", () => {
    expect(["dark", "light", "system", '"><script>', undefined].map(parseTheme)).toEqual([
      "dark",
      "light",
      "system",
      "system",
      "system",
    ]);
  });

  it("draw the same closed contours each time", () => {
    expect(contourPath(100, 2)).toMatch(/^M-?[\d.]+ -?[\d.]+Q[-\d. Q]+Z$/);
    expect(contourPath(100, 2)).toBe(contourPath(100, 2));
  });

  it("poll with growing delays up to a maximum", () => {
    expect(pollDelayMs(0)).toBe(1_000);
    expect(pollDelayMs(1)).toBeGreaterThan(pollDelayMs(0));
    expect(pollDelayMs(100)).toBe(20_000);
  });
});

describe("an error page", () => {
  it("says that an unreachable database is temporary, and what is safe", () => {
    const error = Object.assign(new Error("ECONNREFUSED 10.0.0.7"), { digest: unavailableDigest });
    const html = renderToStaticMarkup(<Failure error={error} retry={() => {}} />);
    expect(html).toContain("cannot reach its database");
    expect(html).toContain("are safe");
    expect(html).not.toContain("10.0.0.7");
  });

  it("shows the reference of any other failure, and not its message", () => {
    const error = Object.assign(new Error("secret"), { digest: "12345" });
    const html = renderToStaticMarkup(<Failure error={error} retry={() => {}} />);
    expect(html).toContain("Reference 12345");
    expect(html).not.toContain("secret");
  });
});

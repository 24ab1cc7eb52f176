import { expect, it } from "vitest";
import { quotaInput } from "@/lib/quota/schema";

it("takes sizes in decimal and binary units, plain bytes, and none", () => {
  const sizes = {
    "500MB": 500_000_000n,
    "1.5 TiB": 1_649_267_441_664n,
    "50gb": 50_000_000_000n,
    "7": 7n,
    "8B": 8n,
    "0": 0n,
  };
  for (const [text, bytes] of Object.entries(sizes)) expect(quotaInput.parse(text), text).toBe(bytes);
  expect(quotaInput.parse("none")).toBeNull();
});

it("refuses a text that is not a size", () => {
  for (const text of ["", "much", "-1", "5 G", "1e9", "5iB GB", "99999999PiB"]) {
    expect(quotaInput.safeParse(text).success, text).toBe(false);
  }
});

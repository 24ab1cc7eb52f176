import { expect } from "@playwright/test";
import { nef } from "@/tests/support/formats/raw";
import { tiffPicture } from "@/tests/support/formats/tiff";
import { picture, truncated } from "@/tests/support/pictures";
import { expectAccessibleInAllLooks } from "./accessible";
import { openNewCollection } from "./made-by-rows";
import { test } from "./test";
import { choose, chosenFile, expectFinished, tiles } from "./uploads";

test("a damaged picture is marked and explained; how a raw file is shown is told", async ({ page }) => {
  await openNewCollection(page, "Odd pictures");
  const bytes = await picture({ width: 640, height: 480 });
  await choose(page, [
    chosenFile("cut.jpg", truncated(bytes, 0.7)),
    chosenFile("DSC_1.NEF", nef({ preview: bytes }), "image/x-nikon-nef"),
    chosenFile("heat.tif", tiffPicture({ bits: 16, value: (x, y) => 28_000 + x * 9 + y * 3 }), "image/tiff"),
  ]);
  await expectFinished(page, "3 files uploaded and verified");
  await expect(tiles(page)).toHaveCount(3);
  const damaged = page.getByRole("link", { name: /cut\.jpg.*Incomplete or damaged/ });
  await expect(page.getByText("Incomplete or damaged")).toHaveCount(1);
  await expectAccessibleInAllLooks(page);
  await damaged.click();
  await expect(page.getByText(/only what could be read is shown/)).toBeVisible();
  await expectAccessibleInAllLooks(page);
  await page.goBack();
  await page.getByRole("link", { name: /DSC_1\.NEF/ }).click();
  await page.getByRole("button", { name: "Information" }).click();
  await expect(page.getByText("Nikon raw picture (NEF)")).toBeVisible();
  await expect(page.getByText("6,000 × 4,000 pixels")).toBeVisible();
  await expect(page.getByText(/preview that the camera stored/)).toBeVisible();
});

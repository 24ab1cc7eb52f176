import { expect } from "@playwright/test";
import { expectAccessibleInAllLooks, phone } from "./accessible";
import { createCollection } from "./site";
import { signedOut, test } from "./test";

test("a token is created, copied once, used by a program, and revoked", async ({ page, playwright, baseURL }) => {
  await createCollection(page, "Docs of the build");
  await page.setViewportSize(phone);
  await page.goto("/account");
  await page.getByRole("link", { name: "Manage tokens" }).click();
  await page.getByRole("button", { name: "New token" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("CI of the docs");
  await dialog.getByLabel("Read").check();
  await dialog.getByLabel("Collection").selectOption({ label: "Docs of the build" });
  await expectAccessibleInAllLooks(page, "dialog");
  await dialog.getByRole("button", { name: "Create token" }).click();
  const field = dialog.getByRole("textbox", { name: "Token" });
  await expect(field).toHaveValue(/^atoll_[0-9A-Za-z]{33}$/);
  const text = await field.inputValue();
  await expectAccessibleInAllLooks(page, "dialog");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText(text)).toHaveCount(0);
  expect(await page.content()).not.toContain(text);

  // A program has no cookies.
  const program = await playwright.request.newContext({
    baseURL: baseURL ?? "",
    storageState: signedOut,
    extraHTTPHeaders: { authorization: `Bearer ${text}` },
  });
  const listed = await program.get("/api/v1/collections");
  expect(await listed.json()).toMatchObject({ items: [{ name: "Docs of the build" }] });
  expect((await program.post("/api/v1/collections", { data: { name: "Other" } })).status()).toBe(403);

  const row = page.getByRole("listitem").filter({ hasText: "CI of the docs" });
  await page.reload();
  await expect(row).toContainText("Read, Upload in docs-of-the-build");
  await expect(row).toContainText("last used");
  await expectAccessibleInAllLooks(page);
  await row.getByRole("button", { name: "Revoke CI of the docs" }).click();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await expect(row).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Your tokens" })).toBeFocused();
  expect((await program.get("/api/v1/collections")).status()).toBe(401);
  await program.dispose();
});

import { expect, type Request } from "@playwright/test";
import { expectAccessibleInAllLooks } from "./accessible";
import { createCollection } from "./site";
import { signedOut, signIn, signUp, test } from "./test";

test.use({ storageState: signedOut });

test("sessions are ended from another browser, by a new password and by signing out, on pages and actions", async ({
  page,
  browser,
}) => {
  const account = await signUp(page, "Ada Lovelace");
  const other = await (await browser.newContext({ storageState: signedOut })).newPage();
  await signIn(other, account);
  let action: Request | undefined;
  other.on("requestfinished", (request) => {
    if (request.headers()["next-action"]) action = request;
  });
  await createCollection(other, "Made before");
  // An action without an answer leaves the form, and what was typed.
  await other.goto("/collections");
  await other.getByRole("button", { name: "New collection" }).click();
  await other.getByLabel("Name", { exact: true }).fill("Made offline");
  await other.context().setOffline(true);
  await other.getByRole("button", { name: "Create collection" }).click();
  await expect(other.getByRole("dialog").getByText(/^The site could not be reached/)).toBeVisible();
  await expect(other.getByLabel("Name", { exact: true })).toHaveValue("Made offline");
  await other.context().setOffline(false);

  await page.getByRole("button", { name: "Account of Ada Lovelace" }).click();
  await page.getByRole("menuitem", { name: "Account" }).click();
  const sessions = page.getByRole("region", { name: "Sessions" });
  await expect(sessions.getByRole("listitem")).toHaveCount(2);
  await expect(sessions.getByRole("listitem").first()).toContainText("This device");
  await expectAccessibleInAllLooks(page);
  await sessions.getByRole("button", { name: /^Sign out Chrome/ }).click();
  await expect(sessions.getByRole("status")).toHaveText(/^Signed out Chrome/);
  await expect(sessions.getByRole("listitem")).toHaveCount(1);
  await expect(page.getByRole("heading", { name: "Sessions" })).toBeFocused();

  // The other browser still has its cookie. Its action is sent once more, as it was.
  const again = await other.request.fetch(action?.url() ?? "", {
    method: "POST",
    headers: (await action?.allHeaders()) ?? {},
    data: action?.postDataBuffer() ?? "",
  });
  expect(await again.text()).toContain("UNAUTHENTICATED");
  expect((await other.request.get("/api/v1/account/sessions")).status()).toBe(401);
  await other.goto("/account");
  await expect(other).toHaveURL(/\/sign-in/);
  await signIn(other, account);

  const current = page.getByLabel("Current password");
  await current.fill("not the password");
  await page.getByLabel("New password").fill("three small words");
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Incorrect password.")).toBeVisible();
  await expect(current).toBeFocused();
  await current.fill(account.password);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Password changed. 1 other session signed out.")).toBeVisible();
  await other.goto("/collections");
  await expect(other).toHaveURL(/\/sign-in/);
  await page.reload();
  await expect(sessions.getByRole("listitem")).toHaveCount(1);

  // A sign-out that fails is not taken for one, whatever the answer says.
  await page.route("**/api/auth/signout", (route) => route.fulfill({ status: 503, json: { url: "/" } }));
  await page.getByRole("button", { name: "Account of Ada Lovelace" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "You are still signed in. Try again." })).toBeVisible();
  await expect(page).toHaveURL(/\/account$/);
  await page.unroute("**/api/auth/signout");

  const tab = await page.context().newPage();
  await tab.goto("/collections");
  const kept = await page.context().cookies();
  await page.getByRole("button", { name: "Account of Ada Lovelace" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/$/);
  // A tab that is open still says so.
  await tab.getByRole("button", { name: "New collection" }).first().click();
  await tab.getByLabel("Name", { exact: true }).fill("Signed out");
  await tab.getByRole("button", { name: "Create collection" }).click();
  await expect(tab.getByRole("dialog").getByText(/^You are signed out\. Sign in in another tab/)).toBeVisible();
  await tab.close();
  await page.context().addCookies(kept);
  await page.goto("/account");
  await expect(page).toHaveURL(/\/sign-in/);
  await signIn(page, { ...account, password: "three small words" });
  await other.context().close();
});

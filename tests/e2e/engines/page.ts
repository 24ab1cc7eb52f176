import { expect } from "@playwright/test";
import { type Driver, timeoutMs } from "./driver";

/** XPath 1.0 has no escapes: none of the names may have a double quote. */
const quoted = (text: string) => `"${text}"`;

export const button = (name: string) => `//button[normalize-space()=${quoted(name)}]`;
export const linkLabelled = (label: string) => `//a[@aria-label=${quoted(label)}]`;
export const field = (label: string) => `//*[@id=//label[normalize-space()=${quoted(label)}]/@for]`;
export const fileInput = (label: string) => `//input[@type="file"][@aria-label=${quoted(label)}]`;
export const heading = (start: string) =>
  `//*[self::h1 or self::h2 or self::h3][starts-with(normalize-space(), ${quoted(start)})]`;
export const tiles = "//main//a[.//img]";

/** Waits until the condition holds. */
export async function until(condition: () => Promise<void>): Promise<void> {
  await expect(condition).toPass({ timeout: timeoutMs });
}

/**
 * Waits until React handles the first element of this path, as what is done to it before is lost, and scrolls it to the
 * middle: WebKit's driver leaves an element where it is that a scrolling dialog cuts off.
 */
async function prepare(driver: Driver, xpath: string): Promise<void> {
  const isHandled = (path: string) => {
    const { singleNodeValue: node } = document.evaluate(path, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE);
    if (!(node instanceof HTMLElement) || !Object.keys(node).some((key) => key.startsWith("__reactProps$")))
      return false;
    node.scrollIntoView({ block: "center" });
    return true;
  };
  await until(async () => expect(await driver.evaluate(isHandled, xpath), xpath).toBe(true));
}

/**
 * Waits until the middle of the first element of this path stays where it is and is the element: the driver asks once
 * where it is, and a dialog that still scrolls to its focused field has its button elsewhere, or cut off.
 */
async function prepareClick(driver: Driver, xpath: string): Promise<void> {
  await prepare(driver, xpath);
  const isHit = async (path: string) => {
    const { singleNodeValue: node } = document.evaluate(path, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE);
    if (!(node instanceof HTMLElement)) return false;
    node.scrollIntoView({ block: "center" });
    const before = node.getBoundingClientRect();
    for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    const { x, y, width, height } = node.getBoundingClientRect();
    return x === before.x && y === before.y && node.contains(document.elementFromPoint(x + width / 2, y + height / 2));
  };
  await until(async () => expect(await driver.evaluate(isHit, xpath), xpath).toBe(true));
}

export async function click(driver: Driver, xpath: string): Promise<void> {
  await prepareClick(driver, xpath);
  await until(() => driver.click(xpath));
}

export async function type(driver: Driver, xpath: string, text: string): Promise<void> {
  await prepare(driver, xpath);
  await driver.type(xpath, text);
}

export async function attach(driver: Driver, xpath: string, paths: readonly string[]): Promise<void> {
  await prepare(driver, xpath);
  await driver.attach(xpath, paths);
}

/** Waits until so many elements of this path are in the page. */
export async function expectCount(driver: Driver, xpath: string, expected: number): Promise<void> {
  const found = (path: string) =>
    document.evaluate(path, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE).snapshotLength;
  await until(async () => expect(await driver.evaluate(found, xpath), xpath).toBe(expected));
}

export function address(driver: Driver): Promise<string> {
  return driver.evaluate(() => location.pathname);
}

export async function arriveAt(driver: Driver, pattern: RegExp): Promise<void> {
  await until(async () => expect(await address(driver)).toMatch(pattern));
}

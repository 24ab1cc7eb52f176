type List<Item> = {
  /** Returns the page after an item, the first page without one; an empty page is the end. */
  pageAfter(last: Item | undefined): Promise<Item[]>;
  lineOf(item: Item): string;
  /** Printed where there is nothing to list. */
  none: string;
  isJson: boolean;
};

/** Prints a list of any length, a page at a time: a line an item, or one JSON array. */
export async function printList<Item>({ pageAfter, lineOf, none, isJson }: List<Item>): Promise<void> {
  let printed = 0;
  for (let page = await pageAfter(undefined); page.length > 0; page = await pageAfter(page.at(-1))) {
    for (const item of page) {
      const start = printed === 0 ? "[" : ",";
      await print(isJson ? `${start}\n${JSON.stringify(item)}` : `${lineOf(item)}\n`);
      printed += 1;
    }
  }
  if (isJson) await print(printed === 0 ? "[]\n" : "\n]\n");
  else if (printed === 0) await print(`${none}\n`);
}

/** Waits until the text is written: a pipe may be slower than the database. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));
}

import type { Driver } from "./driver";

/** The key under which an element's id is sent (https://www.w3.org/TR/webdriver2/#elements). */
const elementKey = "element-6066-11e4-a52e-4f735466cecf";

type Session = { sessionId: string };

/** Sends one command. Throws Error with the driver's message. */
async function send<Value>(url: string, method: "GET" | "POST" | "DELETE", body?: object): Promise<Value> {
  const response = await fetch(url, body === undefined ? { method } : { method, body: JSON.stringify(body) });
  const { value } = (await response.json()) as { value: Value & { error?: string; message?: string } };
  if (!response.ok) throw new Error(`${url}: ${value.error}: ${value.message}`);
  return value;
}

/** Whether a driver at this endpoint takes a session. */
export async function isReady(endpoint: string): Promise<boolean> {
  const status = await send<{ ready: boolean }>(`${endpoint}/status`, "GET").catch(() => null);
  return status?.ready === true;
}

/** Opens a session with a driver that speaks W3C WebDriver (https://www.w3.org/TR/webdriver2/). `close` ends the session. */
export async function openSession(endpoint: string, alwaysMatch: object): Promise<Driver> {
  const { sessionId } = await send<Session>(`${endpoint}/session`, "POST", { capabilities: { alwaysMatch } });
  const session = `${endpoint}/session/${sessionId}`;
  const element = async (xpath: string) => {
    const found = await send<Record<string, string>>(`${session}/element`, "POST", { using: "xpath", value: xpath });
    return `${session}/element/${found[elementKey]}`;
  };
  const type = async (xpath: string, text: string) =>
    void (await send(`${await element(xpath)}/value`, "POST", { text }));
  return {
    goto: async (url) => void (await send(`${session}/url`, "POST", { url })),
    click: async (xpath) => void (await send(`${await element(xpath)}/click`, "POST", {})),
    type,
    attach: (xpath, paths) => type(xpath, paths.join("\n")),
    evaluate: (run, ...args) =>
      send(`${session}/execute/sync`, "POST", { script: `return (${run}).apply(null, arguments)`, args }),
    close: async () => void (await send(session, "DELETE")),
  };
}

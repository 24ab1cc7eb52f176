/** Calls the benchmark's site. Rejects for any status but 2xx. */
export async function siteCall<Answer>(path: string, body: unknown, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
  if (!response.ok) throw new Error(`${path} responded with status ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

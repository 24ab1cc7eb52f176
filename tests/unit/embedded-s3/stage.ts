import type { StagedData } from "@/lib/embedded/s3/store/staging";
import type { Store } from "@/lib/embedded/s3/store/store";

/** Stages a short text as the bytes of an object. */
export function stage(store: Store, text: string): Promise<StagedData> {
  const writer = store.staging.open();
  writer.write(Buffer.from(text));
  return writer.finish();
}

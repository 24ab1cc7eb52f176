import { type BucketLifecycleRule, getCors, getLifecycle, putCors, putLifecycle } from "@/lib/storage/bucket-settings";
import { ownedIdPrefix } from "../settings";
import { type Aspect, compare } from "./aspect";

function isOurs({ ID }: { ID?: string | undefined }): boolean {
  return ID?.startsWith(ownedIdPrefix) ?? false;
}

/** The site's pages may POST, PUT and read across origins, and see the ETag of what they sent. No other page may. */
export const cors: Aspect = {
  name: "cors",
  required: true,
  async read({ storage, settings }) {
    const rules = await getCors(storage);
    return compare(rules === null ? [] : rules?.filter(isOurs), settings.cors);
  },
  async write({ storage, settings }) {
    const others = ((await getCors(storage)) ?? []).filter((rule) => !isOurs(rule));
    await putCors(storage, [...settings.cors, ...others]);
  },
};

/** The older spelling of a filter, which Ceph answers with. */
function modern({ Prefix, Filter, ...rule }: BucketLifecycleRule): BucketLifecycleRule {
  return { ...rule, Filter: { ...Filter, Prefix: Filter?.Prefix ?? Prefix ?? "" } };
}

/** Parts of uploads that were never completed are paid for but seen nowhere: they go once no upload can want them. */
export const lifecycle: Aspect = {
  name: "lifecycle",
  required: false,
  async read({ storage, settings }) {
    const rules = await getLifecycle(storage);
    return compare(rules === null ? [] : rules?.filter(isOurs).map(modern), settings.lifecycle);
  },
  async write({ storage, settings }) {
    const others = ((await getLifecycle(storage)) ?? []).filter((rule) => !isOurs(rule));
    await putLifecycle(storage, [...settings.lifecycle, ...others]);
  },
};

import { type BucketLifecycleRule, getCors, getLifecycle, putCors, putLifecycle } from "@/lib/storage/bucket-settings";
import { lifecycleDangers } from "../lifecycle-dangers";
import { ownedIdPrefix } from "../settings";
import { type Aspect, compare } from "./aspect";

function isOurs({ ID }: { ID?: string | undefined }): boolean {
  return ID?.startsWith(ownedIdPrefix) ?? false;
}

/** CORS: only the site's pages may POST, PUT and read across origins, and read the ETag of what they sent. */
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

/** Converts a rule's deprecated `Prefix`, which Ceph returns, to `Filter`. */
function withFilter({ Prefix, Filter, ...rule }: BucketLifecycleRule): BucketLifecycleRule {
  return { ...rule, Filter: { ...Filter, Prefix: Filter?.Prefix ?? Prefix ?? "" } };
}

/** Lifecycle: aborts multipart uploads that no upload can resume. Their parts are billed but appear in no listing. */
export const lifecycle: Aspect = {
  name: "lifecycle",
  required: false,
  async read({ storage, settings }) {
    const rules = await getLifecycle(storage);
    const reading = compare(rules === null ? [] : rules?.filter(isOurs).map(withFilter), settings.lifecycle);
    const leastDays = Math.min(
      ...settings.lifecycle.map((rule) => rule.AbortIncompleteMultipartUpload.DaysAfterInitiation),
    );
    return {
      ...reading,
      dangers: lifecycleDangers(
        (rules ?? []).filter((rule) => !isOurs(rule)),
        leastDays,
      ),
    };
  },
  async write({ storage, settings }) {
    const others = ((await getLifecycle(storage)) ?? []).filter((rule) => !isOurs(rule));
    await putLifecycle(storage, [...settings.lifecycle, ...others]);
  },
};

import {
  type CORSRule,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
} from "@aws-sdk/client-s3";
import { ownedIdPrefix } from "../settings";
import { type Aspect, type AspectContext, compare, orAbsent } from "./aspect";

type Rule = { ID?: string | undefined };

function isOurs({ ID }: Rule): boolean {
  return ID?.startsWith(ownedIdPrefix) ?? false;
}

async function corsRules({ client, settings }: AspectContext): Promise<CORSRule[] | undefined> {
  const answer = await orAbsent(["NoSuchCORSConfiguration"], () =>
    client.send(new GetBucketCorsCommand({ Bucket: settings.bucket })),
  );
  return answer === null ? [] : answer.CORSRules;
}

/** The site's pages may POST, PUT and read across origins, and see the ETag of what they sent. No other page may. */
export const cors: Aspect = {
  name: "cors",
  required: true,
  async read(context) {
    const wanted = context.settings.cors;
    const rules = await corsRules(context);
    return rules ? compare(rules.filter(isOurs), wanted) : { state: "unsupported", current: null, wanted };
  },
  async write(context) {
    const { client, settings } = context;
    const others = ((await corsRules(context)) ?? []).filter((rule) => !isOurs(rule));
    // The first rule that fits an origin and a method is the one that counts.
    const CORSRules = [...settings.cors, ...others];
    await client.send(new PutBucketCorsCommand({ Bucket: settings.bucket, CORSConfiguration: { CORSRules } }));
  },
};

async function lifecycleRules({ client, settings }: AspectContext): Promise<LifecycleRule[] | undefined> {
  const answer = await orAbsent(["NoSuchLifecycleConfiguration"], () =>
    client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: settings.bucket })),
  );
  return answer === null ? [] : answer.Rules;
}

/** The older spelling of a filter, which Ceph answers with. */
function modern({ Prefix, Filter, ...rule }: LifecycleRule): LifecycleRule {
  return { ...rule, Filter: { ...Filter, Prefix: Filter?.Prefix ?? Prefix ?? "" } };
}

/** Parts of uploads that were never completed are paid for but seen nowhere: they go after a week. */
export const lifecycle: Aspect = {
  name: "lifecycle",
  required: false,
  async read(context) {
    const wanted = context.settings.lifecycle;
    const rules = await lifecycleRules(context);
    return rules ? compare(rules.filter(isOurs).map(modern), wanted) : { state: "unsupported", current: null, wanted };
  },
  async write(context) {
    const { client, settings } = context;
    const others = ((await lifecycleRules(context)) ?? []).filter((rule) => !isOurs(rule));
    const LifecycleConfiguration = { Rules: [...settings.lifecycle, ...others] };
    await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: settings.bucket, LifecycleConfiguration }));
  },
};

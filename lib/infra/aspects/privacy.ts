import {
  getGrantsToOthers,
  getOwnership,
  getPublicAccess,
  type PublicAccess,
  putOwnership,
  putPrivateAcl,
  putPublicAccess,
} from "@/lib/storage/bucket-settings";
import { isAws } from "@/lib/storage/endpoint";
import { trialKey, withTrialObject } from "../trial-object";
import { type Aspect, type AspectContext, compare, sameData } from "./aspect";

/** ACLs switched off: whoever writes, the bucket's owner owns, and no ACL can make anything public. */
export const ownership: Aspect = {
  name: "ownership",
  required: false,
  async read({ storage, settings }) {
    return compare(await getOwnership(storage), settings.ownership);
  },
  async write({ storage, settings }) {
    await putOwnership(storage, settings.ownership);
  },
};

/** Block Public Access, all four: neither an ACL nor a policy can open the bucket to everyone, by mistake or otherwise. */
export const publicAccess: Aspect = {
  name: "publicAccess",
  required: false,
  async read({ settings, storage }) {
    const wanted = settings.publicAccess;
    const reading = compare(await getPublicAccess(storage), wanted);
    // Found out by an earlier start: no trial in a bucket that is in use.
    const isLimited = !isAws(storage.config.endpoint) && sameData(reading.current, writable(wanted));
    return isLimited ? { ...reading, state: "equal" } : reading;
  },
  async write(context) {
    const { settings, storage } = context;
    await putPublicAccess(storage, settings.publicAccess);
    if (isAws(storage.config.endpoint) || (await canWrite(context))) return;
    await putPublicAccess(storage, writable(settings.publicAccess));
    if (await canWrite(context))
      return "With BlockPublicAcls it refuses every write: that one is off. IgnorePublicAcls, which is on, makes public ACLs void.";
    await putPublicAccess(storage, settings.publicAccess);
  },
};

/** Ceph 16 answers 403 to every PUT while BlockPublicAcls is on, whatever its ACL. */
function writable(settings: PublicAccess): PublicAccess {
  return { ...settings, BlockPublicAcls: false };
}

async function canWrite(context: AspectContext): Promise<boolean> {
  return (await withTrialObject(context, trialKey(), async () => true)) ?? false;
}

/** The bucket's own ACL: its owner and nobody else. Where ownership is enforced it is so already. */
export const acl: Aspect = {
  name: "acl",
  required: false,
  async read({ storage }) {
    const others = await getGrantsToOthers(storage);
    const current = others?.map(({ Grantee, Permission }) => `${Grantee?.URI ?? Grantee?.ID}: ${Permission}`);
    return compare(current, []);
  },
  async write({ storage }) {
    await putPrivateAcl(storage);
  },
};

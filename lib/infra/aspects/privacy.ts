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
import { type Aspect, compare, sameData, type WriteContext } from "./aspect";

/** Object ownership with ACLs disabled: the bucket's owner owns every object, and no ACL can make one public. */
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

/** Block Public Access, all four settings: neither an ACL nor a policy can make the bucket public. */
export const publicAccess: Aspect = {
  name: "publicAccess",
  required: false,
  async read({ settings, storage }) {
    const wanted = settings.publicAccess;
    const reading = compare(await getPublicAccess(storage), wanted);
    // An earlier start found this limit, so no further trial object is written.
    const isLimited = !isAws(storage.config.endpoint) && sameData(reading.current, withoutBlockPublicAcls(wanted));
    return isLimited ? { ...reading, state: "equal" } : reading;
  },
  async write(context) {
    const { settings, storage } = context;
    await putPublicAccess(storage, settings.publicAccess);
    if (isAws(storage.config.endpoint) || (await canWrite(context))) return;
    await putPublicAccess(storage, withoutBlockPublicAcls(settings.publicAccess));
    if (await canWrite(context))
      return "This storage refuses every write with BlockPublicAcls, so that one is off. IgnorePublicAcls is on and makes public ACLs ineffective.";
    await putPublicAccess(storage, settings.publicAccess);
  },
};

/** Returns the settings for Ceph 16, which responds 403 to every PUT while BlockPublicAcls is on. */
function withoutBlockPublicAcls(settings: PublicAccess): PublicAccess {
  return { ...settings, BlockPublicAcls: false };
}

async function canWrite(context: WriteContext): Promise<boolean> {
  return (await withTrialObject(context, trialKey(), async () => true)) ?? false;
}

/** The bucket's ACL grants access to its owner only. */
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

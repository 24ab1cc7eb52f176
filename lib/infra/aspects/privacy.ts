import {
  GetBucketAclCommand,
  GetBucketOwnershipControlsCommand,
  GetPublicAccessBlockCommand,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { isAws } from "@/lib/storage/endpoint";
import type { PublicAccess } from "../settings";
import { trialKey, withTrialObject } from "../trial";
import { type Aspect, type AspectContext, compare, orAbsent, sameData } from "./aspect";

/** ACLs switched off: whoever writes, the bucket's owner owns, and no ACL can make anything public. */
export const ownership: Aspect = {
  name: "ownership",
  required: false,
  async read({ client, settings }) {
    const wanted = settings.ownership;
    const answer = await orAbsent(["OwnershipControlsNotFoundError"], () =>
      client.send(new GetBucketOwnershipControlsCommand({ Bucket: settings.bucket })),
    );
    if (answer === null) return { state: "differs", current: null, wanted };
    const current = answer.OwnershipControls?.Rules?.[0]?.ObjectOwnership;
    // A server that does not know the call lists the bucket instead, which parses to nothing.
    return current === undefined ? { state: "unsupported", current: null, wanted } : compare(current, wanted);
  },
  async write({ client, settings }) {
    const OwnershipControls = { Rules: [{ ObjectOwnership: settings.ownership }] };
    await client.send(new PutBucketOwnershipControlsCommand({ Bucket: settings.bucket, OwnershipControls }));
  },
};

/** Block Public Access, all four: neither an ACL nor a policy can open the bucket to everyone, by mistake or otherwise. */
export const publicAccess: Aspect = {
  name: "publicAccess",
  required: false,
  async read({ client, settings, storage }) {
    const wanted = settings.publicAccess;
    const answer = await orAbsent(["NoSuchPublicAccessBlockConfiguration"], () =>
      client.send(new GetPublicAccessBlockCommand({ Bucket: settings.bucket })),
    );
    if (answer === null) return { state: "differs", current: null, wanted };
    const current = answer.PublicAccessBlockConfiguration ?? {};
    if (Object.values(current).every((value) => value === undefined))
      return { state: "unsupported", current: null, wanted };
    const reading = compare(current, wanted);
    // Found out by an earlier start: no trial in a bucket that is in use.
    if (!isAws(storage.config.endpoint) && sameData(current, writable(wanted))) return { ...reading, state: "equal" };
    return reading;
  },
  async write(context) {
    const { settings, storage } = context;
    await putPublicAccess(context, settings.publicAccess);
    if (isAws(storage.config.endpoint) || (await canWrite(context))) return;
    await putPublicAccess(context, writable(settings.publicAccess));
    if (await canWrite(context))
      return "With BlockPublicAcls it refuses every write: that one is off. IgnorePublicAcls, which is on, makes public ACLs void.";
    await putPublicAccess(context, settings.publicAccess);
  },
};

/** Ceph 16 answers 403 to every PUT while BlockPublicAcls is on, whatever its ACL. */
function writable(settings: PublicAccess): PublicAccess {
  return { ...settings, BlockPublicAcls: false };
}

async function canWrite(context: AspectContext): Promise<boolean> {
  return (await withTrialObject(context, trialKey(), async () => true)) ?? false;
}

async function putPublicAccess({ client, settings }: AspectContext, wanted: PublicAccess): Promise<void> {
  const input = { Bucket: settings.bucket, PublicAccessBlockConfiguration: wanted };
  await client.send(new PutPublicAccessBlockCommand(input));
}

/** The bucket's own ACL: its owner and nobody else. Where ownership is enforced it is so already. */
export const acl: Aspect = {
  name: "acl",
  required: false,
  async read({ client, settings }) {
    const { Grants, Owner } = await client.send(new GetBucketAclCommand({ Bucket: settings.bucket }));
    const wanted = "the owner alone";
    if (!Grants) return { state: "unsupported", current: null, wanted };
    const others = Grants.filter(({ Grantee }) => Grantee?.ID === undefined || Grantee.ID !== Owner?.ID);
    if (others.length === 0) return { state: "equal", current: wanted, wanted };
    const current = others.map(({ Grantee, Permission }) => `${Grantee?.URI ?? Grantee?.ID}: ${Permission}`);
    return { state: "differs", current, wanted };
  },
  async write({ client, settings }) {
    await client.send(new PutBucketAclCommand({ Bucket: settings.bucket, ACL: "private" }));
  },
};

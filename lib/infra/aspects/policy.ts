import { GetBucketPolicyCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { isAws } from "@/lib/storage/endpoint";
import { canonicalStatement, type PolicyDocument, refererSid, type Statement } from "../policy";
import { ownedIdPrefix } from "../settings";
import { isReadRefused, trialKey, withTrialObject } from "../trial";
import { type Aspect, type AspectContext, orAbsent } from "./aspect";

async function currentPolicy({ client, settings }: AspectContext): Promise<PolicyDocument> {
  const answer = await orAbsent(["NoSuchBucketPolicy"], () =>
    client.send(new GetBucketPolicyCommand({ Bucket: settings.bucket })),
  );
  if (!answer?.Policy) return { Version: "2012-10-17", Statement: [] };
  const document = JSON.parse(answer.Policy) as Omit<PolicyDocument, "Statement"> & {
    Statement: Statement | Statement[];
  };
  return { ...document, Statement: [document.Statement].flat() };
}

function isOurs({ Sid }: Statement): boolean {
  return Sid?.startsWith(ownedIdPrefix) ?? false;
}

/** What is refused on top of signatures. Nothing in it allows anything. */
export const policy: Aspect = {
  name: "policy",
  required: true,
  async read(context) {
    const wanted = context.settings.policy;
    const current = (await currentPolicy(context)).Statement.filter(isOurs);
    const [now, then] = [current, wanted].map((list) => list.map(canonicalStatement).sort().join("\n"));
    return { state: now === then ? "equal" : "differs", current, wanted };
  },
  async write(context) {
    const { settings } = context;
    const document = await currentPolicy(context);
    const others = document.Statement.filter((statement) => !isOurs(statement));
    const { sound, statements } = await enforceable(context, document);
    await putPolicy(context, { ...document, Statement: [...statements, ...others] });
    if (sound) return;
    return `It takes several patterns of StringNotLike for alternatives, so that pages of ${settings.origins.join(" and ")} would be refused: ${refererSid} is left out. With one origin it can be had.`;
  },
};

async function putPolicy({ client, settings }: AspectContext, document: PolicyDocument): Promise<void> {
  await client.send(new PutBucketPolicyCommand({ Bucket: settings.bucket, Policy: JSON.stringify(document) }));
}

/**
 * With several origins the Referer statement has several patterns, none of which may fit. Ceph 16 refuses as soon as one
 * does not, which would be every page of the site: so the statement is first tried on an object of its own.
 */
async function enforceable(context: AspectContext, document: PolicyDocument) {
  const { settings, storage } = context;
  const statement = settings.policy.find(({ Sid }) => Sid === refererSid);
  const all = { sound: true, statements: settings.policy };
  if (!statement || settings.origins.length < 2 || isAws(storage.config.endpoint)) return all;
  const key = trialKey();
  const trial = { ...statement, Sid: `${refererSid}Trial`, Resource: `arn:aws:s3:::${settings.bucket}/${key}` };
  await putPolicy(context, { ...document, Statement: [...document.Statement, trial] });
  const wrong = await withTrialObject(context, key, async () => {
    // If even a bare read is refused, the others tell nothing.
    if (await isReadRefused(context, key)) return false;
    for (const origin of settings.origins) if (await isReadRefused(context, key, `${origin}/`)) return true;
    return false;
  });
  return wrong ? { sound: false, statements: settings.policy.filter(({ Sid }) => Sid !== refererSid) } : all;
}

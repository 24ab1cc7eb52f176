import { AppError } from "@/lib/errors";
import { getPolicy, putPolicy } from "@/lib/storage/bucket-settings";
import { isAws } from "@/lib/storage/endpoint";
import { allowsEveryone, canonicalStatement, type PolicyDocument, refererSid, type Statement } from "../policy";
import { ownedIdPrefix } from "../settings";
import { isReadRefused, trialKey, withTrialObject } from "../trial-object";
import { type Aspect, type AspectContext, s3Error, type WriteContext } from "./aspect";

async function currentPolicy({ storage }: AspectContext): Promise<PolicyDocument> {
  const text = await getPolicy(storage);
  if (!text) return { Version: "2012-10-17", Statement: [] };
  const document = JSON.parse(text) as Omit<PolicyDocument, "Statement"> & { Statement: Statement | Statement[] };
  return { ...document, Statement: [document.Statement].flat() };
}

function isOurs({ Sid }: Statement): boolean {
  return Sid?.startsWith(ownedIdPrefix) ?? false;
}

/** The bucket policy. Atoll's statements only deny; access needs a signature in any case. */
export const policy: Aspect = {
  name: "policy",
  required: true,
  async read(context) {
    const wanted = context.settings.policy;
    const { Statement: statements } = await currentPolicy(context);
    const current = statements.filter(isOurs);
    const [a, b] = [current, wanted].map((list) => list.map(canonicalStatement).sort().join("\n"));
    const open = statements.filter((statement) => !isOurs(statement) && allowsEveryone(statement));
    return { state: a === b ? "equal" : "differs", current, wanted, dangers: open.length > 0 ? [openToAll(open)] : [] };
  },
  async write(context) {
    const { settings } = context;
    const document = await currentPolicy(context);
    const others = document.Statement.filter((statement) => !isOurs(statement));
    const { isComplete, statements } = await explainRefusal(others, () => enforceable(context, document));
    await explainRefusal(others, () => putDocument(context, { ...document, Statement: [...statements, ...others] }));
    if (isComplete) return;
    return `This storage evaluates several patterns of StringNotLike incorrectly and would refuse the pages of ${settings.origins.join(" and ")}. ${refererSid} was left out. It works with one origin.`;
  },
};

async function putDocument({ storage }: AspectContext, document: PolicyDocument): Promise<void> {
  await putPolicy(storage, JSON.stringify(document));
}

/** Runs a write of the policy. If Block Public Access refuses it, throws an error that names the public statements. */
async function explainRefusal<Result>(others: readonly Statement[], put: () => Promise<Result>): Promise<Result> {
  try {
    return await put();
  } catch (cause) {
    const open = others.filter(allowsEveryone);
    if (open.length === 0 || s3Error(cause).status !== 403) throw cause;
    throw new AppError("INTERNAL", `${openToAll(open)} Remove them, then restart.`, { cause });
  }
}

function openToAll(open: readonly Statement[]): string {
  const names = open.map(({ Sid }, index) => Sid ?? `number ${index + 1}, without a Sid`).join(", ");
  return `The policy has statements that are not Atoll's and allow access to everyone (${names}). A forged Referer may be enough to use them: see "The Allow-by-Referer recipe" in lib/infra/README.md.`;
}

/**
 * Returns the statements this endpoint evaluates correctly. With several origins the Referer statement has several patterns
 * and must match only if none of them fits. Ceph 16 refuses as soon as one does not fit, which would refuse every page of the
 * site, so the statement is first tried on a trial object.
 */
async function enforceable(context: WriteContext, document: PolicyDocument) {
  const { settings, storage } = context;
  const statement = settings.policy.find(({ Sid }) => Sid === refererSid);
  const all = { isComplete: true, statements: settings.policy };
  if (!statement || settings.origins.length < 2 || isAws(storage.config.endpoint)) return all;
  const key = trialKey();
  const trial = { ...statement, Sid: `${refererSid}Trial`, Resource: `arn:aws:s3:::${settings.bucket}/${key}` };
  await putDocument(context, { ...document, Statement: [...document.Statement, trial] });
  const wrong = await withTrialObject(context, key, async () => {
    // If a read without Referer is refused too, the other reads prove nothing.
    if (await isReadRefused(context, key)) return false;
    for (const origin of settings.origins) if (await isReadRefused(context, key, `${origin}/`)) return true;
    return false;
  });
  return wrong ? { isComplete: false, statements: settings.policy.filter(({ Sid }) => Sid !== refererSid) } : all;
}

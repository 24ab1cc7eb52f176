import { AppError } from "@/lib/errors";
import { getPolicy, putPolicy } from "@/lib/storage/bucket-settings";
import { isAws } from "@/lib/storage/endpoint";
import { allowsEveryone, canonicalStatement, type PolicyDocument, refererSid, type Statement } from "../policy";
import { ownedIdPrefix } from "../settings";
import { isReadRefused, trialKey, withTrialObject } from "../trial-object";
import { type Aspect, type AspectContext, s3Error } from "./aspect";

async function currentPolicy({ storage }: AspectContext): Promise<PolicyDocument> {
  const text = await getPolicy(storage);
  if (!text) return { Version: "2012-10-17", Statement: [] };
  const document = JSON.parse(text) as Omit<PolicyDocument, "Statement"> & { Statement: Statement | Statement[] };
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
    const { Statement: statements } = await currentPolicy(context);
    const current = statements.filter(isOurs);
    const [now, then] = [current, wanted].map((list) => list.map(canonicalStatement).sort().join("\n"));
    const open = statements.filter((statement) => !isOurs(statement) && allowsEveryone(statement));
    return { state: now === then ? "equal" : "differs", current, wanted, ...(open.length > 0 ? openDetail(open) : {}) };
  },
  async write(context) {
    const { settings } = context;
    const document = await currentPolicy(context);
    const others = document.Statement.filter((statement) => !isOurs(statement));
    const { sound, statements } = await orNamed(others, () => enforceable(context, document));
    await orNamed(others, () => putDocument(context, { ...document, Statement: [...statements, ...others] }));
    if (sound) return;
    return `It takes several patterns of StringNotLike for alternatives, so that pages of ${settings.origins.join(" and ")} would be refused: ${refererSid} is left out. With one origin it can be had.`;
  },
};

async function putDocument({ storage }: AspectContext, document: PolicyDocument): Promise<void> {
  await putPolicy(storage, JSON.stringify(document));
}

/** Block Public Policy refuses every change of a policy that stays public: then the statement that makes it so is named. */
async function orNamed<Result>(others: readonly Statement[], put: () => Promise<Result>): Promise<Result> {
  try {
    return await put();
  } catch (cause) {
    const open = others.filter(allowsEveryone);
    if (open.length === 0 || s3Error(cause).status !== 403) throw cause;
    throw new AppError("INTERNAL", `${openDetail(open).detail} Remove them, then start again.`, { cause });
  }
}

function openDetail(open: readonly Statement[]): { detail: string } {
  const names = open.map(({ Sid }, index) => Sid ?? `the ${index + 1}. without a Sid`).join(", ");
  return {
    detail: `The policy also has statements that are not Atoll's and allow everyone something (${names}). A forged Referer is enough for the usual ones: see "The old recipe" in lib/infra/README.md.`,
  };
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
  await putDocument(context, { ...document, Statement: [...document.Statement, trial] });
  const wrong = await withTrialObject(context, key, async () => {
    // If even a bare read is refused, the others tell nothing.
    if (await isReadRefused(context, key)) return false;
    for (const origin of settings.origins) if (await isReadRefused(context, key, `${origin}/`)) return true;
    return false;
  });
  return wrong ? { sound: false, statements: settings.policy.filter(({ Sid }) => Sid !== refererSid) } : all;
}

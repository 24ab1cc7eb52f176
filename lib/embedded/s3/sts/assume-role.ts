import { completeArn } from "@/lib/policy/evaluate";
import { principalOf } from "../access/principal";
import { mayAssume } from "../access/trust";
import { roleSessionSeconds } from "../auth/role";
import { ACCOUNT_ID } from "../auth/users";
import { leaf, tag } from "../protocol/xml-write";
import type { QueryAction, QueryCall } from "../query/action";
import { QueryError } from "../query/errors";
import type { RoleRecord } from "../store/database/records";
import { issueSession, sessionNameRule } from "./session";

const roleArnRule = { min: 20, max: 2048, pattern: /^arn:aws:iam::\d*:role\/[\u0021-\u007e]+$/ };
const externalIdRule = { min: 2, max: 1224, pattern: /^[\w+=,.@:/-]*$/ };
const MIN_SECONDS = 900;
const DEFAULT_SECONDS = 3600;
const MAX_CHAINED_SECONDS = 3600;

/** Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const assumeRole: QueryAction = {
  takes: ["RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "ExternalId"],
  async run(call) {
    const { parameters } = call;
    const arn = completeArn(parameters.required("RoleArn", roleArnRule), ACCOUNT_ID);
    const sessionName = parameters.required("RoleSessionName", sessionNameRule(64));
    const seconds = parameters.number("DurationSeconds", DEFAULT_SECONDS, {
      least: MIN_SECONDS,
      most: roleSessionSeconds.most,
    });
    const role = admittedTo(call, arn, sessionName);
    checkDuration(call, role, seconds);
    const subject = { kind: "role" as const, roleName: role.name, roleId: role.id, sessionName };
    const issued = issueSession(call, subject, seconds);
    const user = tag(
      "AssumedRoleUser",
      leaf("AssumedRoleId", `${role.id}:${sessionName}`),
      leaf("Arn", `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${role.name}/${sessionName}`),
    );
    return [user, ...issued];
  },
};

/** The role, if the caller may assume it. A missing role is reported as a forbidden one. @throws QueryError AccessDenied */
function admittedTo({ parameters, service, caller, request }: QueryCall, arn: string, sessionName: string): RoleRecord {
  const externalId = parameters.optional("ExternalId", externalIdRule);
  const role = service.roles.findByArn(arn);
  const values = {
    "sts:rolesessionname": sessionName,
    ...(externalId !== undefined && { "sts:externalid": externalId }),
  };
  if (role && mayAssume(role, caller, request, values)) return role;
  const who = principalOf(caller)?.arn;
  throw new QueryError("AccessDenied", `User: ${who} is not authorized to perform: sts:AssumeRole on resource: ${arn}`);
}

function checkDuration({ caller }: QueryCall, role: RoleRecord, seconds: number): void {
  if (seconds > role.maxSessionSeconds) {
    throw new QueryError(
      "ValidationError",
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
  }
  if (caller.kind === "session" && caller.session.kind === "role" && seconds > MAX_CHAINED_SECONDS) {
    throw new QueryError(
      "ValidationError",
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    );
  }
}

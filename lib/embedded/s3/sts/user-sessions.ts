import { mayFederate } from "../access/trust";
import { ACCOUNT_ID } from "../auth/users";
import { leaf, tag } from "../protocol/xml-write";
import type { QueryAction, QueryCall } from "../query/action";
import { QueryError } from "../query/errors";
import { issueSession, sessionNameRule } from "./session";

const range = { least: 900, most: 129_600 };
const DEFAULT_SECONDS = 43_200;

/** Issues credentials with all rights of the calling user. Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
export const getSessionToken: QueryAction = {
  takes: ["DurationSeconds"],
  async run(call) {
    assertUser(call, "GetSessionToken");
    return issueSession(call, { kind: "user" }, call.parameters.number("DurationSeconds", DEFAULT_SECONDS, range));
  },
};

/** Issues credentials with the rights of the calling user, limited by a policy. Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html */
export const getFederationToken: QueryAction = {
  takes: ["Name", "DurationSeconds", "Policy"],
  async run(call) {
    assertUser(call, "GetFederationToken");
    const name = call.parameters.required("Name", sessionNameRule(32));
    if (!mayFederate(name, call.caller, call.request))
      throw new QueryError("AccessDenied", "The policies of this user do not allow sts:GetFederationToken");
    const seconds = call.parameters.number("DurationSeconds", DEFAULT_SECONDS, range);
    const issued = issueSession(call, { kind: "federated", name }, seconds);
    const user = tag(
      "FederatedUser",
      leaf("FederatedUserId", `${ACCOUNT_ID}:${name}`),
      leaf("Arn", `arn:aws:sts::${ACCOUNT_ID}:federated-user/${name}`),
    );
    return [user, ...issued];
  },
};

function assertUser({ caller }: QueryCall, action: string): void {
  if (caller.kind === "user") return;
  throw new QueryError("AccessDenied", `Cannot call ${action} with session credentials`);
}

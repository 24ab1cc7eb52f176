import { principalOf, userIdOf } from "../access/principal";
import { ACCOUNT_ID } from "../auth/users";
import { leaf } from "../protocol/xml-write";
import type { QueryAction } from "../query/action";

/** Returns the caller of a request; every authenticated caller may do that. Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const getCallerIdentity: QueryAction = {
  takes: [],
  async run({ caller }) {
    return [leaf("Arn", principalOf(caller)?.arn), leaf("UserId", userIdOf(caller)), leaf("Account", ACCOUNT_ID)];
  },
};

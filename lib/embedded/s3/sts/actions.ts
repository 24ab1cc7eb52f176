import type { QueryApi } from "../query/action";
import { assumeRole } from "./assume-role";
import { getCallerIdentity } from "./caller-identity";
import { getFederationToken, getSessionToken } from "./user-sessions";

export const sts: QueryApi = {
  service: "sts",
  version: "2011-06-15",
  namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
  actions: {
    AssumeRole: assumeRole,
    GetCallerIdentity: getCallerIdentity,
    GetFederationToken: getFederationToken,
    GetSessionToken: getSessionToken,
  },
};

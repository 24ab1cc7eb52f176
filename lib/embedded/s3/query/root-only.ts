import { principalOf } from "../access/principal";
import type { QueryAction, QueryCall, QueryService } from "./action";
import { QueryError, type QueryErrorCode } from "./errors";

/**
 * Makes actions that only root may call, with its own key: credentials of GetSessionToken do not suffice.
 * @param denial the error code of a rejection
 */
export function rootOnly(service: QueryService, denial: QueryErrorCode) {
  return (
    name: string,
    takes: readonly string[],
    run: (call: QueryCall) => Promise<string[] | undefined>,
  ): QueryAction => ({
    takes,
    async run(call) {
      const { caller } = call;
      if (caller.kind === "user" && caller.isRoot) return run(call);
      const who = principalOf(caller)?.arn;
      throw new QueryError(denial, `User: ${who} is not authorized to perform: ${service}:${name}`);
    },
  });
}

import { principalOf } from "../access/principal";
import type { QueryAction, QueryCall, QueryService } from "./action";
import { QueryError, type QueryErrorCode } from "./errors";

/**
 * Makes actions that only root may call, and with its own key: with credentials of GetSessionToken nobody reaches IAM.
 * @param denial how the service calls a refusal
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

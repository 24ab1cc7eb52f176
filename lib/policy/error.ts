/** A policy that cannot be enforced as written; the message gives the reason as AWS words it. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
}

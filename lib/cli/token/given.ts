/** The options and operands of the command line. `id` is the operand of `revoke`. */
export type Given = {
  id: string;
  user?: string | undefined;
  scope?: string | undefined;
  collection?: string | undefined;
  expires?: string | undefined;
  name?: string | undefined;
  isDryRun: boolean;
  isJson: boolean;
};

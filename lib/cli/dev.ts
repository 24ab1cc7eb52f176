import { startAndServe } from "./start/start";
import { type Command, parseCommand } from "./usage";

const help = `Usage: atoll dev

Does the same as \`atoll up\`, with Next's dev server and hot reload.
Settings are environment variables: .env.example lists them all.`;

export const dev: Command = {
  help,
  async run(args) {
    parseCommand(help, args, { options: {} });
    return startAndServe({ dev: true });
  },
};

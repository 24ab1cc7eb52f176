import { startAndServe } from "./start/start";
import { type Command, parseCommand } from "./usage";

const help = `Usage: atoll dev

As \`atoll up\`, with Next's dev server: pages change as their files do.
Settings are environment variables: .env.example lists them all.`;

export const dev: Command = {
  help,
  async run(args) {
    parseCommand(help, args, { options: {} });
    return startAndServe({ dev: true });
  },
};

import { startAndServe } from "./start/start";
import { type Command, parseCommand } from "./usage";

const help = `Usage: atoll up

Starts everything and serves the site until Ctrl-C: PostgreSQL and S3 of its own under ATOLL_DATA_DIR (.data),
unless DATABASE_URL and S3_ENDPOINT name real ones. Migrates, builds when needed, and on the first run makes a demo.
Settings are environment variables: .env.example lists them all.`;

export const up: Command = {
  help,
  async run(args) {
    parseCommand(help, args, { options: {} });
    return startAndServe({ dev: false });
  },
};

import { startAndServe } from "./start/start";
import { type Command, parseCommand } from "./usage";

const help = `Usage: atoll up

Starts all services and serves the site until Ctrl-C. Without DATABASE_URL and S3_ENDPOINT it starts an embedded
PostgreSQL and S3 store under ATOLL_DATA_DIR (.data); ATOLL_EMBEDDED says which of them on purpose. Migrates, builds when
needed, and creates a demo on the first run where nothing is real.
Settings are environment variables: .env.example lists them all.`;

export const up: Command = {
  help,
  async run(args) {
    parseCommand(help, args, { options: {} });
    return startAndServe({ dev: false });
  },
};

// Answers every request, as the site's process does in the tests of `up`.
import http from "node:http";
import { notifyParent, stopRequested } from "@/lib/cli/process/lifetime";

const server = http.createServer((_req, res) => res.end("ok"));
server.listen(Number(process.env.PORT), () => notifyParent({ type: "ready" }));
await stopRequested();
server.close();
server.closeAllConnections();
process.exit();

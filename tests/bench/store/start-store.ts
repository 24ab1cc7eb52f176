import { startS3 } from "@/lib/embedded/s3/server";

/** The store in a process of its own, as `atoll s3` runs it: prints its endpoint, ends when its parent goes. */
const [dataDir = "", accessKeyId = "", secretAccessKey = ""] = process.argv.slice(2);
const store = await startS3({ dataDir, users: [{ name: "root", accessKeyId, secretAccessKey }] });
process.stdout.write(`${store.endpoint}\n`);
process.once("disconnect", () => void store.stop());

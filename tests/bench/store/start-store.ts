import { startS3 } from "@/lib/embedded/s3/server";

/** Runs the store as `atoll s3` does: prints its endpoint, exits when its parent has ended. */
const [dataDir = "", accessKeyId = "", secretAccessKey = ""] = process.argv.slice(2);
const store = await startS3({ dataDir, users: [{ name: "root", accessKeyId, secretAccessKey }] });
process.stdout.write(`${store.endpoint}\n`);
process.once("disconnect", () => void store.stop());

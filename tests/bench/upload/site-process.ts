import { testCollection, testUser } from "@/tests/support/collections";
import { atollCalls } from "./atoll-calls";
import { peerCalls } from "./peer-calls";
import { makeScripts } from "./scripts";
import { BenchSite } from "./site";

/**
 * The benchmark's site in a process of its own, on the database and the storage that its environment names: prints its
 * origin, ends when its parent goes.
 */
const owner = await testUser("Owner");
const slug = await testCollection(owner);
const site = await BenchSite.start(await makeScripts(), { ...atollCalls(owner, slug), ...peerCalls });
process.stdout.write(`${site.origin}\n`);
process.once("disconnect", () => process.exit());

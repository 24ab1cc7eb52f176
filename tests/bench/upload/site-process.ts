import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { atollCalls } from "./atoll-calls";
import { peerCalls } from "./peer-calls";
import { makeScripts } from "./scripts";
import { BenchSite } from "./site";

/**
 * Runs the benchmark's site on the database and storage of its environment: prints its origin, exits when its parent has
 * ended.
 */
const owner = await testUser("Owner");
const slug = await testCollection(owner);
const site = await BenchSite.start(await makeScripts(), { ...atollCalls(owner, slug), ...peerCalls });
process.stdout.write(`${site.origin}\n`);
process.once("disconnect", () => process.exit());

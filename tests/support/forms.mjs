// The forms of the tests: the same files with other numbers. ATOLL_TEST_FORM chooses one; a variable that is set already wins.
// Node's own modules only: tests/run.mjs reads this before packages are installed.
import { randomInt } from "node:crypto";

const random = () => randomInt(2 ** 31);

/** small: `npm test` · middle: `.ci/run` · long: `npm run test:long` */
const table = {
  // Ceph, Debian's PostgreSQL 15 and Debian's S3 clients, where they are installed.
  ATOLL_TEST_PEERS: ["no", "yes", "yes"],
  // The main job in Firefox and WebKitGTK, where they are installed.
  ATOLL_TEST_ENGINES: ["no", "yes", "yes"],
  // What random tests begin with; faults.test.ts counts on from it.
  ATOLL_TEST_SEED: [1, 1, random],
  // Kills of the embedded S3 store, on a disk with room and on a full one.
  ATOLL_TEST_CRASH_ROUNDS: [12, 60, 200],
  ATOLL_TEST_FULL_DISK_ROUNDS: [2, 3, 20],
  // Random histories of the store and of undoing uploads, compared with models.
  ATOLL_TEST_HISTORIES: [40, 150, 1000],
  ATOLL_TEST_UNDO_HISTORIES: [20, 30, 200],
  // Damaged files of each kind for the reader of metadata.
  ATOLL_TEST_DAMAGED_FILES: [60, 1000, 20_000],
  // Pictures that share the memory of all decoders.
  ATOLL_TEST_POOL_PICTURES: [4, 8, 40],
  // Uploads through a proxy that fails a tenth of the requests.
  ATOLL_TEST_FAULT_SEEDS: [2, 3, 20],
  ATOLL_TEST_LARGE_OBJECT_BYTES: [200e6, 500e6, 5 * 2 ** 30],
  ATOLL_TEST_LISTING_KEYS: [20_000, 50_000, 1_000_000],
  // Browser tests. The outage lasts for the attempts that are made in its seconds.
  ATOLL_TEST_OFFLINE_SECONDS: [0, 35, 60],
  ATOLL_TEST_KILLED_FILES: [400, 400, 1000],
  ATOLL_TEST_KILLED_MB: [96, 96, 300],
};

const forms = ["small", "middle", "long"];

/**
 * Puts the numbers of the chosen form into the environment, for the processes this one starts, too, and returns the
 * form's name. Idempotent. Throws Error for a form that does not exist.
 */
export function applyForm() {
  process.env.ATOLL_TEST_FORM ||= "small";
  const form = process.env.ATOLL_TEST_FORM;
  const column = forms.indexOf(form);
  if (column < 0) throw new Error(`ATOLL_TEST_FORM must be one of ${forms.join(", ")}, not ${form}`);
  for (const [name, values] of Object.entries(table)) {
    const value = values[column];
    process.env[name] ||= String(typeof value === "function" ? value() : value);
  }
  return form;
}

/** Returns a number of the form. Throws Error where neither the form nor the environment has it. */
export function formNumber(name) {
  const number = Number(process.env[name] || Number.NaN);
  if (Number.isNaN(number)) throw new Error(`${name} is not a number: the tests' configuration sets it`);
  return number;
}

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { Scripts } from "./site";

const run = promisify(execFile);

/** The peers by the name of their global in the page. Versions are pinned, so that figures are comparable. */
const peers = {
  uppy5: { "@uppy/core": "5.2.0", "@uppy/aws-s3": "5.1.0" },
  uppy6: { "@uppy/core": "6.3.1", "@uppy/aws-s3": "6.3.1" },
} as const;

type BuildOptions = {
  entryPoints?: string[];
  stdin?: { contents: string; resolveDir: string };
  bundle: true;
  minify: true;
  write: false;
  format: "iife";
  target: string;
  define: Record<string, string>;
  tsconfig?: string;
};
type Build = (options: BuildOptions) => Promise<{ outputFiles: { text: string }[] }>;

/** esbuild comes with tsx. */
function esbuild(): Build {
  const ofTsx = createRequire(createRequire(import.meta.url).resolve("tsx/package.json"));
  return (ofTsx("esbuild") as { build: Build }).build;
}

async function bundle(source: Pick<BuildOptions, "entryPoints" | "stdin" | "tsconfig">): Promise<string> {
  const { outputFiles } = await esbuild()({
    ...source,
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "chrome120",
    // Base URL of workers. The page passes its own worker URL.
    define: { "process.env.NODE_ENV": '"production"', "import.meta.url": "location.href" },
  });
  return outputFiles[0]?.text ?? "";
}

/** Installs the peers with npm into the user's cache, once. They are not dependencies of this project. */
async function fetchPeer(name: keyof typeof peers): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache");
  const versions = Object.entries(peers[name]).map(([pack, version]) => `${pack}@${version}`);
  const dir = path.join(cache, "atoll-bench", versions.join("+").replaceAll(/[@/]/g, "_"));
  const done = path.join(dir, "installed");
  if (existsSync(done)) return dir;
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, "package.json"), JSON.stringify({ private: true }));
  await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...versions], { cwd: dir });
  await writeFile(done, "");
  return dir;
}

async function peerScript(name: keyof typeof peers): Promise<string> {
  const resolveDir = await fetchPeer(name);
  const contents = `import Uppy from "@uppy/core"; import AwsS3 from "@uppy/aws-s3"; globalThis.${name} = { Uppy, AwsS3 };`;
  return bundle({ stdin: { contents, resolveDir } });
}

/** Bundles all scripts of the page for the browser. Rejects when npm cannot install the peers. */
export async function makeScripts(): Promise<Scripts> {
  const root = path.resolve(import.meta.dirname, "../../..");
  const own = (file: string) =>
    bundle({ entryPoints: [path.join(root, file)], tsconfig: path.join(root, "tsconfig.json") });
  return {
    page: new Map([
      ["/uppy5.js", await peerScript("uppy5")],
      ["/uppy6.js", await peerScript("uppy6")],
      ["/page.js", await own("tests/bench/upload/page/main.ts")],
    ]),
    worker: new Map([["/hash-worker.js", await own("lib/uploader/hash/hash-worker.ts")]]),
  };
}

/** The peers' versions, for the table. */
export const peerVersions = { uppy5: peers.uppy5["@uppy/aws-s3"], uppy6: peers.uppy6["@uppy/aws-s3"] };

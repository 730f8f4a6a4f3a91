/** Packages of npm that a test needs beside the project's own: other releases of Node and TypeScript, what examples use. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const ROOT = resolve(import.meta.dirname, "../..");
/** Kept from one run to the next; `npm ci` removes it. */
const CACHE = join(ROOT, "node_modules/.cache/bida-test");
const LIMIT = { timeout: 240_000, maxBuffer: 1 << 26 };

/** Why nothing was had: no registry can be reached from here. */
export const NO_REGISTRY = "not run: no registry can be reached";

const run = promisify(execFile);

/**
 * A folder whose `node_modules` holds these packages. None of their install scripts has run.
 * @param dependencies as in a package.json; exact versions, where a test must mean the same tomorrow
 * @returns null where no registry can be reached
 */
export async function packages(dependencies: Record<string, string>): Promise<string | null> {
  const manifest = JSON.stringify({ private: true, dependencies }, null, 2);
  const folder = join(CACHE, createHash("sha256").update(manifest).digest("hex").slice(0, 16));
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const made = mkdtempSync(join(CACHE, "new-"));
  try {
    writeFileSync(join(made, "package.json"), manifest);
    if (!(await npmInstall(made))) return null;
    renameSync(made, folder);
  } catch (error) {
    // Another test file was first.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return folder;
}

/**
 * `npm install`, what npm's cache holds from there.
 * @param what packages or tarballs beside those of its package.json
 * @returns false where no registry can be reached
 */
export async function npmInstall(folder: string, ...what: string[]): Promise<boolean> {
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  try {
    await run("npm", ["install", ...what, ...quiet], { ...LIMIT, cwd: folder });
    return true;
  } catch (error) {
    if (/ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT/.test((error as Error).message)) return false;
    throw error;
  }
}

/**
 * The program `node` of a release, and of npm 10, which every release from 18 on runs.
 * @returns its folder, for PATH; null where no registry can be reached, or has none for this platform
 */
export async function nodeOf(version: string): Promise<string | null> {
  if (process.platform !== "linux") return null;
  const name = `node-${process.platform}-${process.arch}`;
  const folder = await packages({ [name]: version });
  return folder && join(folder, "node_modules", name, "bin");
}

// A throwaway server: one program, one free port, one temporary folder.
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import { launch, type Running } from "./process.ts";

/** What a kind of server needs to know of itself. */
export interface Recipe {
  name: string;
  command: string;
  args(port: number, folder: string): string[];
  /** The line of its log that says it answers. Unlike a ping, no stranger on the same port can give it. */
  ready: RegExp;
  url(port: number): string;
  /** Beside this process's own environment. */
  env?: Record<string, string>;
  /** Makes the folder ready before the first start. */
  prepare?(folder: string): Promise<void>;
}

/** A running server on 127.0.0.1. It dies with the process that started it. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** The current process; another one after `up` or `restart`. */
  readonly pid: number;
  /** Takes it down for a while (SIGKILL: as in a crash). Folder and port stay; resolves when the process is gone. */
  down(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again, on the same port with the same folder; resolves when it answers. */
  up(): Promise<void>;
  /** `down`, then `up`. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it for good and removes its folder. */
  stop(): Promise<void>;
}

/** Starts a server on a free port in a new temporary folder; resolves when it answers. */
export async function startServer(recipe: Recipe): Promise<TestServer> {
  const folder = dataFolder(recipe.name);
  await recipe.prepare?.(folder);

  async function run(port: number): Promise<Running> {
    const started = launch(recipe.command, recipe.args(port, folder), {
      ...{ cwd: folder, env: { ...process.env, ...recipe.env } },
    });
    try {
      await started.printed(recipe.ready);
    } catch (error) {
      await started.stop("SIGKILL");
      throw error;
    }
    return started;
  }

  let port = await freePort();
  let running: Running | undefined;
  for (let tries = 1; running === undefined; tries++) {
    try {
      running = await run(port);
    } catch (error) {
      // Another process can take a port between our look at it and the server's start.
      if (tries === 3 || !/address already in use/i.test(String(error))) throw error;
      port = await freePort();
    }
  }
  let current = running;

  const server: TestServer = {
    url: recipe.url(port),
    port,
    get pid() {
      return current.pid;
    },
    down: (signal) => current.stop(signal),
    async up() {
      current = await run(port);
    },
    async restart(signal) {
      await server.down(signal);
      await server.up();
    },
    async stop() {
      await current.stop();
      await rm(folder, { recursive: true, force: true });
      folders.delete(folder);
    },
  };
  return server;
}

/** Linux's file system in memory; containers often have 64 MiB of it. */
const MEMORY = "/dev/shm";
const ROOM_BYTES = 4 * 2 ** 30;

/**
 * Where the test runner has data kept: in memory where there is room. What a killed process has written stays there as on a disk;
 * only the wait for the disk, some milliseconds for every commit and more for every table, is left out.
 */
export function dataParent(): string {
  if (!existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize >= ROOM_BYTES ? MEMORY : tmpdir();
}

/** A new folder for the data of a server or a node: where TEST_DATA says, otherwise on disk, as benchmarks need it. */
export const dataFolder = (name: string): string => temporaryFolder(name, process.env.TEST_DATA || tmpdir());

const folders = new Set<string>();

process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

/**
 * A new folder, removed when we exit.
 * @param parent short: socket paths end at 107 bytes
 */
export function temporaryFolder(name: string, parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, `bida-${name}-`));
  folders.add(folder);
  return folder;
}

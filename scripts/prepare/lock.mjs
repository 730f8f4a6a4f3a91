// One preparation at a time in a checkout: two npm in one node_modules leave nothing that works.
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const LOOK_MS = 200;
/** What the processes of a preparation are called. A pid alone says little: after a reboot it is another program's. */
const OURS = /prepare\.mjs|npm|vite/;

/** A file with the pids of who prepares: this process, and the program that works for it. */
export class Lock {
  #file;
  #own;

  /** @param file where; its folder is made */
  constructor(file) {
    this.#file = file;
    this.#own = `${file}.${process.pid}`;
  }

  /**
   * Resolves when the lock is ours. One whose processes are gone is taken over. A program that a killed preparation left
   * behind is waited for.
   * @param waiting told the pids once, where others have it
   */
  async take(waiting) {
    mkdirSync(dirname(this.#file), { recursive: true });
    for (let told = false; !this.#make(); ) {
      const holders = pidsIn(this.#file);
      const alive = holders.filter(works);
      if (alive.length === 0) {
        this.#discard(holders);
        continue;
      }
      if (!told) waiting(alive);
      told = true;
      await pause(LOOK_MS);
    }
  }

  /** Says who works for us now, undefined for nobody. */
  working(pid) {
    writeFileSync(this.#own, [process.pid, ...(pid ? [pid] : [])].join("\n"));
    renameSync(this.#own, this.#file);
  }

  release() {
    rmSync(this.#file, { force: true });
  }

  /** Linked when it is complete: nobody ever reads half a file. */
  #make() {
    writeFileSync(this.#own, String(process.pid));
    try {
      linkSync(this.#own, this.#file);
      return true;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      return false;
    } finally {
      rmSync(this.#own, { force: true });
    }
  }

  /** Removes the lock of processes that are gone, unless another has done so and holds one of its own by now. */
  #discard(gone) {
    try {
      renameSync(this.#file, this.#own);
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
      return;
    }
    if (pidsIn(this.#own).join() === gone.join()) rmSync(this.#own, { force: true });
    else renameSync(this.#own, this.#file);
  }
}

function pidsIn(file) {
  try {
    return readFileSync(file, "utf8").split("\n").map(Number);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return [];
  }
}

function works(pid) {
  try {
    process.kill(pid, 0);
    return !existsSync("/proc/self/cmdline") || OURS.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  } catch (error) {
    return error.code === "EPERM";
  }
}

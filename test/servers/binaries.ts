// Finds the programs that tests run against real, and installs the missing ones where that is allowed.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A program of the machine that some tests need. */
export type Program = "mariadb" | "redis" | "nats" | "chromium";

interface Known {
  label: string;
  /** The one that is preferred first. */
  names: string[];
  aptPackage: string;
  /** A package that brings the first of `names`, and is worth an installation where there is only another one. */
  betterPackage?: string;
}

const PROGRAMS: Record<Program, Known> = {
  mariadb: { label: "MariaDB or MySQL", names: ["mariadbd", "mysqld"], aptPackage: "mariadb-server" },
  redis: { label: "Redis", names: ["redis-server", "valkey-server"], aptPackage: "redis-server" },
  nats: { label: "NATS", names: ["nats-server"], aptPackage: "nats-server" },
  chromium: {
    label: "Chromium",
    // The same engine without the windows around it: a page costs less than half the CPU time.
    names: [
      "chromium-headless-shell",
      "chromium",
      "chromium-browser",
      "google-chrome-stable",
      "google-chrome",
    ],
    aptPackage: "chromium",
    betterPackage: "chromium-headless-shell",
  },
};

// Servers are installed where an ordinary user's PATH does not look.
const ALSO_IN = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

/** What to call a program in a message. */
export function label(program: Program): string {
  return PROGRAMS[program].label;
}

/** The full path of a program, undefined when this machine lacks it. */
export function findProgram(program: Program): string | undefined {
  return findBinary(...PROGRAMS[program].names);
}

/** The full path of a program; throws one line when this machine lacks it. */
export function needProgram(program: Program): string {
  const path = findProgram(program);
  if (path) return path;
  throw new Error(`${label(program)} is not installed (looked for ${PROGRAMS[program].names.join(", ")})`);
}

/** The full path of the first of these names that exists as an executable. */
export function findBinary(...names: string[]): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter).filter(Boolean), ...ALSO_IN];
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // not in this folder
      }
    }
  }
  return undefined;
}

/**
 * Installs the missing ones of these programs with apt, when this is root on a Debian machine; otherwise does
 * nothing. Blocks until apt is done. Says what it does, and shows apt's own words when it fails.
 */
export function installPrograms(programs: Iterable<Program>, say: (line: string) => void): void {
  const packages = [...programs].map((program) => [program, packagesFor(program)] as const);
  const missing = packages.filter(([, names]) => names.length > 0);
  if (missing.length === 0 || process.getuid?.() !== 0 || !findBinary("apt-get")) return;
  const withoutServices = keepServicesDown();
  try {
    say(`Installing ${missing.map(([program]) => label(program)).join(", ")} with apt ...`);
    apt(["update"], say);
    // One by one: a package that this release lacks must not cost the others.
    for (const [program, names] of missing)
      for (const name of names)
        if (packagesFor(program).length > 0) apt(["install", "--no-install-recommends", name], say);
  } finally {
    withoutServices();
  }
}

/** What may be installed for a program, the best first: none where the best is there. */
function packagesFor(program: Program): string[] {
  const { names, aptPackage, betterPackage } = PROGRAMS[program];
  if (!findProgram(program)) return betterPackage ? [betterPackage, aptPackage] : [aptPackage];
  const hasBest = !betterPackage || findBinary(names[0] as string) !== undefined;
  return hasBest || !aptKnows(betterPackage) ? [] : [betterPackage];
}

/** Without a look at the network: not each run on another distribution shall begin with one. */
const aptKnows = (name: string): boolean => spawnSync("apt-cache", ["show", name]).status === 0;

function apt(args: string[], say: (line: string) => void): void {
  const result = spawnSync("apt-get", ["-y", "-q", "-o", "DPkg::Lock::Timeout=120", ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    encoding: "utf8",
    timeout: 600_000,
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.status === 0) return;
  say(`apt-get ${args.join(" ")} failed:\n${result.stderr}`);
}

/** Forbids packages to start the services they bring (Debian's policy file); the result allows it again. */
function keepServicesDown(): () => void {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return () => {};
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  return () => rmSync(policy, { force: true });
}

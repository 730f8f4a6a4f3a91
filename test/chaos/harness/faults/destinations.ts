/** Targets, and the way to them, that fail in numbers: names, addresses, file descriptors. Others are not to notice. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { findBinary } from "../../../servers/binaries.ts";
import type { FaultContext, FaultKind } from "../fault.ts";
import type { Submission } from "../load.ts";

/** Names whose server does not answer. */
const DEAD_NAMES = 30;
/** Origins that take calls and never answer; more than all slots of all dispatchers. */
const HANGING = 1_000;
/** Origins that are called while a dispatcher may open few files. */
const CROWD = 300;
/** Files that it may open beyond those it has. */
const ROOM = 24;
/** Submissions of a fault that are under way at once. */
const WIDTH = 50;
/** Within this a name that answers again is asked again, in ms: what failed is remembered for 5 s. */
const NAME_MEMORY = 5_000;

/** Every address of 127.0.0.0/8 is this machine's. */
function addressOf(origin: string, i: number): string {
  const { port } = new URL(origin);
  return `http://127.${1 + Math.floor(i / 62_500)}.${Math.floor(i / 250) % 250}.${1 + (i % 250)}:${port}`;
}

/** Submits `count` tasks, not all at the same moment; resolves when they are answered. */
async function addMany(
  { load }: FaultContext,
  count: number,
  make: (i: number) => Submission,
): Promise<Submission[]> {
  const tasks: Submission[] = [];
  for (let i = 0; i < count; i += WIDTH) {
    const some = Array.from({ length: Math.min(WIDTH, count - i) }, (_, j) => make(i + j));
    tasks.push(...some);
    await load.answered(some);
  }
  return tasks;
}

function owed(tasks: Submission[], from: number): void {
  for (const task of tasks) task.owedFrom = from;
}

/** Some names are not answered; others, and addresses, are called as ever. */
const names: FaultKind = {
  name: "name server silent for some",
  excuses: [],
  outage: true,
  spares: true,
  async run(context) {
    const { load, system, outageMs, random } = context;
    const port = new URL(random.pick(load.origins)).port;
    const origin = (host: string) => `http://${system.names.name(host)}:${port}`;
    const round = random.whole(0, 1e9);
    const dead = Array.from({ length: DEAD_NAMES }, (_, i) => `dead-${round}-${i}`);
    for (const host of dead) system.names.silence(system.names.name(host));
    const unreachable = dead.map((host) =>
      load.add({ limit: 60, timeoutMs: 2_000 }, { origin: origin(host), owedFrom: Number.POSITIVE_INFINITY }),
    );
    const end = Date.now() + outageMs;
    const healthy: Submission[] = [];
    while (Date.now() < end) {
      const one = load.add({}, { origin: origin(`healthy-${healthy.length}`) });
      one.isExtra = false;
      healthy.push(one);
      await pause(200);
    }
    system.names.heal();
    // A look-up that is under way ends by its call's time, and then comes the pause.
    owed(unreachable, Date.now() + NAME_MEMORY + 2_500);
    return `${DEAD_NAMES} names`;
  },
};

/** Many targets take calls and do not answer. */
const hanging: FaultKind = {
  name: "many destinations hang",
  excuses: [],
  outage: true,
  spares: true,
  async run(context) {
    const { load, far, outageMs, random } = context;
    const base = random.pick(load.origins);
    await far.gate(true);
    const tasks = await addMany(context, HANGING, (i) =>
      load.add(
        { kind: "gated", limit: 60, timeoutMs: 3_000 },
        { origin: addressOf(base, i), owedFrom: Number.POSITIVE_INFINITY },
      ),
    );
    await pause(outageMs);
    await far.gate(false);
    // Those that hang now do so until their time is over; then they are called again, as fast as slots allow.
    owed(tasks, Date.now() + 15_000);
    return `${HANGING} destinations`;
  },
};

/** Dispatchers may open few files: what fails in Bida itself is no failure of a target. */
const files: FaultKind = {
  name: "dispatchers out of file descriptors",
  excuses: [],
  outage: true,
  needs: () => process.platform === "linux" && findBinary("prlimit") !== undefined,
  async run(context) {
    const { load, system, random, outageMs } = context;
    const base = random.pick(load.origins);
    const nodes = system.of("dispatcher").map(({ node }) => node);
    const before = nodes.map((node) => ({ node, limit: softLimit(node.pid) }));
    for (const { pid } of nodes) setSoftLimit(pid, readdirSync(`/proc/${pid}/fd`).length + ROOM);
    try {
      const tasks = await addMany(context, CROWD, (i) =>
        load.add(
          { kind: "long", ms: 400 },
          { origin: addressOf(base, i), owedFrom: Number.POSITIVE_INFINITY },
        ),
      );
      await pause(outageMs);
      owed(tasks, Date.now() + 5_000);
    } finally {
      // One that has ended meanwhile is replaced by now, with the usual limit.
      for (const { node, limit } of before)
        if (existsSync(`/proc/${node.pid}`)) setSoftLimit(node.pid, limit);
    }
    return "all dispatchers";
  },
};

function softLimit(pid: number): string {
  return execFileSync("prlimit", ["--pid", String(pid), "--nofile", "--output", "SOFT", "--noheadings"], {
    encoding: "utf8",
  }).trim();
}

function setSoftLimit(pid: number, limit: number | string): void {
  execFileSync("prlimit", ["--pid", String(pid), `--nofile=${limit}:`]);
}

export const DESTINATION_FAULTS: FaultKind[] = [names, hanging, files];

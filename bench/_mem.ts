import { readFileSync, readdirSync, writeFileSync, rmSync } from "node:fs";
import * as servers from "./kit/servers.ts";
import { Bench } from "./round.ts";
import { Bida } from "./systems/bida.ts";
import { temporaryFolder } from "../test/servers/server.ts";
import { setTimeout as pause } from "node:timers/promises";
const folder = temporaryFolder("mem");
const bench = await Bench.start();
const [mariadb, redis, nats] = await Promise.all([servers.mariadb(), servers.redis("everysec"), servers.nats()]);
const flags = process.argv.slice(2).join(" ");
const bida = await Bida.start({ servers: { mariadb, redis, nats }, env: { NODE_OPTIONS: `--import=/tmp/perfout/mem.mjs ${flags}`, MEM_DIR: folder } });
const show = async (what: string) => {
  writeFileSync(`${folder}/ask`, ""); await pause(1500); rmSync(`${folder}/ask`);
  for (const [role, pid] of bida.pids()) {
    if (!/doors|worker/.test(role)) continue;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const rss = /VmRSS:\s+(\d+)/.exec(status)![1], anon = /RssAnon:\s+(\d+)/.exec(status)![1];
    console.log(what, role, `RSS ${(+rss! / 1024).toFixed(0)} MiB, anon ${(+anon! / 1024).toFixed(0)}`);
    for (const f of readdirSync(folder).filter((f) => f.startsWith(`${pid}-`))) console.log("   ", f, readFileSync(`${folder}/${f}`, "utf8"));
  }
};
await show("idle");
const round = await bench.round(bida, { door: "http", count: 6000 });
await bench.round(bida, { door: "http", count: 14000 });
await show(`after 20000 at ${round.perSecond.toFixed(0)}/s`);
await bida.stop(); await bench.stop(); await Promise.all([mariadb.stop(), redis.stop(), nats.stop()]); process.exit();

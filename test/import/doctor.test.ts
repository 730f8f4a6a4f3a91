// `npm run doctor:kkbida`: what it says of a kkbida's database, and that it changes nothing. @takes 8 s
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hours } from "../../core/clock.ts";
import { loadConfig } from "../../core/config.ts";
import { examineKkbida, type Finding } from "../../scripts/doctor-kkbida/findings.ts";
import { DOCTOR_HELP, readDoctorOptions } from "../../scripts/doctor-kkbida/options.ts";
import { UsageError } from "../../scripts/import-kkbida/options.ts";
import { Source } from "../../store/kkbida/source.ts";
import { bida, environment } from "../cli/command.ts";
import { thrown } from "../core/helpers.ts";
import { temporaryFolder } from "../servers/server.ts";
import { BARE } from "./command.ts";
import { emptyKkbida, idOf, insert, type Kkbida, logRow, taskRow } from "./kkbida.ts";

const test = suite("doctor of kkbida");
let kkbida: Kkbida;

test.before.each(async () => {
  kkbida = await emptyKkbida();
});
test.after.each(() => kkbida.close());

test("bida doctor --kkbida says the same, beside what it says of Bida", async () => {
  await insert(kkbida, "callback_task", [taskRow()]);
  const { code, out, err } = await bida(
    ["doctor", "--json", "--kkbida", kkbida.url],
    environment({ BIDA_DATA_DIR: temporaryFolder("doctor") }),
  );
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  assert.ok(
    findings.some(({ about, level }) => about === "kkbida: tables" && level === "ok"),
    err,
  );
  // No Bida runs there.
  assert.is(code, 1);
});

const NAMES: Record<string, string[]> = { "target.example": ["192.0.2.1"], "inside.example": ["10.1.2.3"] };
const resolve = async (name: string): Promise<string[]> => {
  const found = NAMES[name];
  if (!found) throw new Error("ENOTFOUND");
  return found;
};

async function examined(env: Record<string, string> = {}, zone = hours(8)): Promise<Finding[]> {
  const source = await Source.open(kkbida.url);
  const config = loadConfig({ BIDA_EGRESS_ALLOW: "127.0.0.0/8", ...env });
  try {
    return await examineKkbida(source, config, { zone, limit: 1_000_000 }, resolve);
  } finally {
    await source.close();
  }
}

/** kkbida's wall clock, so many ms ago. */
const ago = (ms: number) =>
  new Date(Date.now() + 8 * 3_600_000 - ms).toISOString().slice(0, 19).replace("T", " ");

interface Case {
  what: string;
  tasks?: Record<string, unknown>[];
  logs?: Record<string, unknown>[];
  webhooks?: Record<string, unknown>[];
  env?: Record<string, string>;
  level: Finding["level"];
  about: string;
  says: RegExp;
}

const slow = (seconds: number) =>
  [1, 2, 3].map((n) => ({
    task: { taskId: idOf(n), isSuccess: 1, callCount: 1, createDate: "2026-01-31 08:00:00" },
    log: {
      taskId: idOf(n),
      isSuccess: 1,
      createDate: `2026-01-31 08:0${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`,
    },
  }));

const CASES: Case[] = [
  { what: "nothing special", tasks: [{}], level: "ok", about: "tasks", says: /called as before/ },
  {
    what: "what is in flight",
    tasks: [{}, { taskId: idOf(2), isSuccess: 1 }],
    level: "ok",
    about: "tables",
    says: /2 tasks \(1 in flight\)/,
  },
  {
    what: "a slow target",
    tasks: slow(75).map(({ task }) => task),
    logs: slow(75).map(({ log }) => log),
    level: "bad",
    about: "slow",
    says: /within 60 s.*http:\/\/target\.example \(75 s\)/,
  },
  {
    what: "a slow target with more time",
    env: { BIDA_LEGACY_TIMEOUT_MS: "120000" },
    tasks: slow(75).map(({ task }) => task),
    logs: slow(75).map(({ log }) => log),
    level: "warn",
    about: "slow",
    says: /10 s or more/,
  },
  {
    what: "a quick target",
    tasks: slow(1).map(({ task }) => task),
    logs: slow(1).map(({ log }) => log),
    level: "ok",
    about: "slow",
    says: /no target took long, of 1/,
  },
  {
    what: "members without a placeholder",
    tasks: [{ requestMethod: "GET", url: "http://target.example/{a}", requestParamTxt: '{"a":1,"b":2}' }],
    level: "ok",
    about: "queries",
    says: /target\.example \(1: b\)\. They are not sent/,
  },
  {
    what: "members that are appended",
    env: { BIDA_LEGACY_APPEND_QUERY: "true" },
    tasks: [{ requestMethod: "GET", requestParamTxt: '{"b":2}' }],
    level: "warn",
    about: "queries",
    says: /appended/,
  },
  {
    what: "a redirect that a POST gets",
    tasks: [{}],
    logs: [{ responseTxt: "<title>302 Found</title>" }],
    level: "warn",
    about: "redirects",
    says: /POSTs .*target\.example/,
  },
  {
    what: "a private name",
    tasks: [{ url: "http://inside.example/x" }],
    level: "bad",
    about: "addresses",
    says: /inside\.example \(10\.1\.2\.3\)/,
  },
  {
    what: "a private address that is allowed",
    env: { BIDA_EGRESS_ALLOW: "10.0.0.0/8" },
    tasks: [{ url: "http://10.1.2.3/x" }],
    level: "ok",
    about: "addresses",
    says: /all 1 hosts/,
  },
  {
    what: "the cloud's metadata",
    tasks: [{ url: "http://169.254.169.254/x" }],
    level: "bad",
    about: "addresses",
    says: /169\.254/,
  },
  {
    what: "a name that nobody knows",
    tasks: [{ url: "http://lost.example/x" }],
    level: "warn",
    about: "addresses",
    says: /cannot find: lost\.example/,
  },
  {
    what: "a caller",
    tasks: [{}],
    level: "bad",
    about: "callers",
    says: /BIDA_API_IP_ALLOW lacks: 10\.0\.0\.1 \(1 tasks\)/,
  },
  {
    what: "a caller that is allowed",
    env: { BIDA_API_IP_ALLOW: "10.0.0.0/8" },
    tasks: [{}],
    level: "ok",
    about: "callers",
    says: /all 1/,
  },
  {
    what: "a caller behind proxies",
    tasks: [{ sourceIp: "10.0.0.1, 10.0.0.2" }],
    level: "warn",
    about: "callers",
    says: /x-forwarded-for/,
  },
  {
    what: "credentials",
    tasks: [{ url: "http://u:p@target.example/" }],
    level: "warn",
    about: "tasks",
    says: /dropped/,
  },
  {
    what: "a task that is none",
    tasks: [{ url: "nonsense" }],
    level: "bad",
    about: "tasks",
    says: /not imported: url is not/,
  },
  {
    what: "a task that cannot be called",
    tasks: [{ requestMethod: "GET", url: "http://target.example/{id}" }],
    level: "bad",
    about: "tasks",
    says: /imported as exhausted: url has a placeholder/,
  },
  {
    what: "percent signs",
    tasks: [{ url: "http://target.example/a%20b" }],
    level: "warn",
    about: "tasks",
    says: /%2520/,
  },
  {
    what: "dots",
    tasks: [{ url: "http://target.example/a/../b" }],
    level: "warn",
    about: "tasks",
    says: /dots/,
  },
  {
    what: "a POST with a placeholder",
    tasks: [{ url: "http://target.example/{city}" }],
    level: "warn",
    about: "tasks",
    says: /POST with placeholders/,
  },
  {
    what: "a GET without parameters",
    tasks: [{ requestMethod: "GET", requestParamTxt: null }],
    level: "warn",
    about: "tasks",
    says: /GET without requestParam/,
  },
  {
    what: "a task without expectResult",
    tasks: [{ expectResult: null }],
    level: "warn",
    about: "tasks",
    says: /no expectResult.*status 200 as success/,
  },
  {
    what: "a long name",
    tasks: [{ sourceAppName: "x".repeat(65) }],
    level: "warn",
    about: "tasks",
    says: /64 characters/,
  },
  {
    what: "an old newest task",
    tasks: [{}],
    level: "warn",
    about: "times",
    says: /minutes old by this zone/,
  },
  {
    what: "a template that breaks",
    webhooks: [
      {
        requestMethod: "POST",
        url: "https://oapi.dingtalk.com/robot/send?access_token=a",
        content: '{"a":${url}}',
        contentType: "application/json; charset=utf-8",
        memo: "",
      },
    ],
    level: "bad",
    about: "webhooks",
    says: /content/,
  },
];

for (const { what, tasks = [], logs = [], webhooks = [], env, level, about, says } of CASES)
  test(what, async () => {
    await insert(kkbida, "callback_task", tasks.map(taskRow));
    await insert(kkbida, "call_back_log", logs.map(logRow));
    await insert(kkbida, "web_hook", webhooks);
    const findings = await examined(env);
    const found = findings.filter((one) => one.about === about);
    assert.ok(
      found.some((one) => one.level === level && says.test(one.says)),
      JSON.stringify(found),
    );
    for (const one of findings) assert.is(one.level === "ok", one.fix === undefined, one.says);
  });

test("the zone: a task in the future says that it is another one", async () => {
  await insert(kkbida, "callback_task", [taskRow({ createDate: ago(60_000) })]);
  const times = async (zone: number) =>
    (await examined({}, hours(zone))).find(({ about }) => about === "times");
  assert.equal((await times(8))?.level, "ok");
  assert.match((await times(0))?.says ?? "", /47\d minutes in the future/);
});

test("tables without transactions", async () => {
  await kkbida.connection.query("ALTER TABLE call_back_log ENGINE = MyISAM");
  const found = (await examined()).filter(({ about }) => about === "tables");
  assert.ok(found.some(({ level, says }) => level === "warn" && /^call_back_log is MyISAM:/.test(says)));
});

test("as a process: lines or JSON, and an exit code", async () => {
  await insert(kkbida, "callback_task", [taskRow({ url: "http://169.254.169.254/x" })]);
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, "../../scripts/doctor-kkbida.ts"), ...args], {
      encoding: "utf8",
      timeout: 60_000,
      env: BARE,
    });
  const lines = run(kkbida.url);
  assert.is(lines.status, 1, lines.stderr);
  assert.match(lines.stdout, /^bad {3}addresses {2}targets in ranges .*\n {17}→ add their ranges/m);
  const { findings } = JSON.parse(run(kkbida.url, "--json").stdout) as { findings: Finding[] };
  assert.ok(findings.length > 5);
  assert.is(run("--help").stdout, DOCTOR_HELP);
  const wrong = run();
  assert.equal([wrong.status, /^doctor: name one database/.test(wrong.stderr)], [2, true]);
  const lost = run("mysql://nobody@127.0.0.1:1/x");
  assert.is(lost.status, 1);
  assert.match(lost.stderr, /^doctor: .*cannot be read[^\n]*\n$/);
});

test("arguments", async () => {
  assert.equal(readDoctorOptions(["mysql://h/d", "--limit", "5"]), {
    source: "mysql://h/d",
    zone: hours(8),
    limit: 5,
    json: false,
  });
  for (const args of [
    [],
    ["mysql://h/d", "--limit", "0"],
    ["mysql://h/d", "--zone", "x"],
    ["mysql://h/d", "--x"],
  ])
    assert.instance(await thrown(() => readDoctorOptions(args)), UsageError);
});

test.run();

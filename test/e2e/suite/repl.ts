/** The REPL, typed at: every command, and every mistake. */
import { userInfo } from "node:os";
import * as assert from "uvu/assert";
import type { NodeItem } from "../../../core/contract.ts";
import { rawJson } from "../../core/helpers.ts";
import { gate } from "../kit/gate.ts";
import { Receiver } from "../kit/receiver.ts";
import { once, Repl } from "../kit/repl.ts";
import { until } from "../kit/until.ts";
import type { Suite } from "./suite.ts";

const NONE = "01900000-0000-7000-8000-000000000000";
const HOUR = 3_600_000;
let apps = 0;

export function replSuite({ test, world }: Suite): void {
  const env = () => world().nodes[0]?.env ?? {};
  const fresh = () => `repl-${process.pid}-${++apps}`;

  const typing = async (body: (type: (line: string) => Promise<string>) => Promise<void>) => {
    const repl = new Repl(env());
    try {
      await body((line) => repl.type(line));
    } finally {
      const { err } = await repl.close();
      assert.is(err, "");
    }
  };

  const exhausted = async (task: object = {}) => {
    const id = await world().submit({ url: world().receiver.url(500), limitCallCount: 1, ...task });
    await world().ended(id);
    return id;
  };
  const waiting = (task: object = {}) =>
    world().submit({ url: world().receiver.url(), delayMs: HOUR, ...task });
  const state = async (id: string) => (await world().task(id)).state;
  const audited = async (target: string) =>
    (await world().api("GET", `/v1/audit?target=${encodeURIComponent(target)}`)).json.items.map(
      ({ action, note, actor, sourceIp }: Record<string, unknown>) => ({ action, note, actor, sourceIp }),
    );
  const me = { kind: "repl", id: null, name: userInfo().username };
  const nodes = async () => (await world().api("GET", "/v1/nodes")).json.items as NodeItem[];

  test("repl: tasks, more and task: aligned, filtered, page by page, in the local zone", async () => {
    const app = fresh();
    const requestParam = { q: "上海", id: rawJson("7088992364139642881"), v: rawJson("1.50") };
    const wide = await exhausted({ sourceAppName: app, targetAppName: "仓库", requestParam });
    const plain = await waiting({ sourceAppName: app, targetAppName: "stock" });
    await typing(async (type) => {
      const lines = (await type(`tasks --source ${app}`)).split("\n");
      assert.match(lines[0] ?? "", /^id +state +calls +created +next call +source +target +last error +url$/);
      assert.ok(lines[1]?.startsWith(plain) && lines[2]?.startsWith(wide), lines.join("\n"));
      assert.is(lines.length, 3);
      // 仓库 takes four columns, as two letters each.
      assert.is(lines[1]?.indexOf("POST "), (lines[2]?.indexOf("POST ") ?? 0) + 2);
      const created = new Date((await world().task(wide)).createdAt);
      const local = created.toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" });
      assert.ok(lines[2]?.includes(local), `${local} in ${lines[2]}`);
      assert.ok(!lines.join().includes("\u001b"), "no colours without a terminal");

      const first = await type(`tasks --source=${app} --limit 1`);
      assert.match(first, /"more" shows the next page$/);
      assert.ok(first.includes(plain) && !first.includes(wide));
      assert.ok((await type("more")).includes(wide));
      // What no index knows is searched for a limited time: the page that ends the search may have nothing.
      const end = 'there is no next page; type "tasks" to list from the top';
      const rest = await until("the end", async () => {
        const text = await type("more");
        return text.startsWith("nothing found yet") ? null : text;
      });
      if (rest !== end) assert.equal([rest, await type("more")], ["no tasks", end]);
      const found = async (filter: string) =>
        (await type(`tasks --source ${app} ${filter}`))
          .split("\n")
          .slice(1)
          .map((line) => line.split(" ")[0]);
      assert.equal(await found("--state exhausted"), [wide]);
      assert.equal(await found("--state pending,delivering --due"), [plain]);
      assert.equal(await found("--state pending --state exhausted"), [plain, wide]);
      assert.equal(await found("--target 仓库 --from 1h"), [wide]);
      assert.equal(await found(`--target-url ${new URL(world().receiver.origin).port} --q 上海`), [wide]);
      assert.is(await type(`tasks --source ${app} --to 1h`), "no tasks");
      assert.is(await type(`tasks --source ${app} --from "2090-01-01 08:00"`), "no tasks");

      const shown = await type(`task ${wide} --answers`);
      for (const part of [/state +exhausted/, /calls +1 of 1/, /bad_status/]) assert.match(shown, part);
      assert.match(shown, /payload +\{"q":"上海","id":7088992364139642881,"v":1\.50\}/);
      assert.match(shown, /\n\nn +started +took +outcome +status +node +error\n1 +\d{4}-/);
      assert.match(shown, /answer of attempt 1:\nok$/);
      assert.match(await type(`task ${plain.toUpperCase()}`), /no attempts yet$/);
    });
    await world().api("POST", `/v1/tasks/${plain}/cancel`);
  });

  test("repl: retry, cancel, resolve: one or several, audited with the note as the system's user", async () => {
    const [one, two, open, other, succeeded] = await Promise.all([
      exhausted(),
      exhausted(),
      waiting(),
      waiting(),
      world().submit({ url: world().receiver.url() }),
    ]);
    await world().ended(succeeded);
    await typing(async (type) => {
      assert.match(
        await type(`retry ${one} --note "stock is 'back'"`),
        new RegExp(`^${one} is called again`),
      );
      await world().receiver.waitForCalls(one, 2);
      assert.is(
        await type(`cancel ${open} ${other} --note 'ordered twice'`),
        `${open} is canceled\n${other} is canceled`,
      );
      assert.is(await type(`resolve ${two}`), `${two} is resolved`);
      assert.match(await type(`retry ${succeeded} --force`), /is called again/);
      await world().receiver.waitForCalls(succeeded, 2);
      // A task that cannot be does not stop the others.
      await world().ended(one);
      assert.is(
        await type(`resolve ${two} ${NONE} ${one}`),
        [
          `${two}: it is resolved, not exhausted; it has ended; task ${two} shows it`,
          `there is no task ${NONE}; "tasks" lists those that there are`,
          `${one} is resolved`,
        ].join("\n"),
      );
    });
    assert.equal(await Promise.all([one, two, open, other].map(state)), [
      "resolved",
      "resolved",
      "canceled",
      "canceled",
    ]);
    assert.equal(await audited(`task:${one}`), [
      { action: "task.resolve", note: null, actor: me, sourceIp: null },
      { action: "task.retry", note: "stock is 'back'", actor: me, sourceIp: null },
    ]);
    assert.equal(await audited(`task:${other}`), [
      { action: "task.cancel", note: "ordered twice", actor: me, sourceIp: null },
    ]);
  });

  test("repl: a job over many tasks: counted, slow, with whole schedules; set, paused, resumed, stopped", async () => {
    const app = fresh();
    // So many that it has not ended before it is paused, however slow the machine is.
    const ids = await Promise.all(Array.from({ length: 20 }, () => waiting({ sourceAppName: app })));
    const done = await world().submit({ url: world().receiver.url(), sourceAppName: app });
    await world().ended(done);
    await typing(async (type) => {
      const filter = `--source ${app} --state pending,succeeded`;
      assert.is(
        await type(`retry ${filter} --dry-run`),
        "20 of 21 tasks would be changed; left alone: 1 it has succeeded",
      );
      const started = await type(`retry ${filter} --whole --pace 1`);
      const [id = ""] = /[0-9a-f-]{36}/.exec(started) ?? [];
      assert.is(started, `21 tasks: job ${id} works on them; "jobs get ${id}" shows how far it is`);
      const paused = await type(`jobs pause ${id} --note "not now"`);
      assert.match(paused, /^state +paused$/m);
      assert.match(paused, new RegExp(`^paused +since .*, by ${me.name}$`, "m"));
      assert.match(paused, /^schedule +whole$/m);
      assert.match(await type(`jobs set ${id} --pace 500`), /^pace +500 per second at most$/m);
      assert.ok((await type("jobs --state paused")).includes(id));
      assert.ok(!(await type("jobs --state running,waiting")).includes(id));
      await type(`retry --source ${fresh()} --pace 1`);
      const pages = [await type("jobs list --limit 1"), await type("more")];
      assert.match(pages[0] ?? "", /"more" shows the next page$/);
      assert.is(pages.join().includes(id), true);
      await type(`jobs resume ${id}`);
      const ended = await until("the job to end", async () => {
        const shown = await type(`jobs get ${id}`);
        return /^state +finished$/m.test(shown) ? shown : null;
      });
      assert.match(ended, /^skipped +1 it has succeeded$/m);
      assert.match(ended, new RegExp(`^such as +${done}: it has succeeded$`, "m"));
      assert.match(ended, /^since then +\d/m);
      assert.match(await type(`jobs stop ${id}`), /already$/);
      for (const id of ids) await world().ended(id);
      const told = await audited(`job:${id}`);
      assert.equal(
        told.map(({ action }: { action: string }) => action),
        ["job.finish", "job.resume", "job.pace", "job.pause", "job.start"],
      );
      assert.is(told[3].note, "not now");
      assert.match(await type("jobs set 17 --pace 3"), /^there is no job 17/);
      assert.match(await type(`jobs set ${id}`), /^there is nothing to set; type --pace <n>/);
      assert.match(await type(`retry ${ids[0]} --pace 3`), /^--pace goes with a filter, not with ids$/);
      assert.match(await type("jobs --state gone"), /^there is no state "gone"; type one of waiting, /);
    });
  });

  test("repl: queue, destinations, pause and resume", async () => {
    const receiver = await Receiver.start();
    const held = gate();
    const orderKey = fresh();
    try {
      const first = await world().submit({ url: receiver.url(held.answer), orderKey, timeoutMs: 60_000 });
      const second = await world().submit({ url: receiver.url(), orderKey });
      await receiver.waitForCalls(first, 1);
      await typing(async (type) => {
        const shown = await type("queue");
        for (const part of [/^open +\d+ tasks/, /\ncalling +[1-9]/, /\nheld +[1-9]\d* wait/, /\noldest +/])
          assert.match(shown, part);
        assert.match(await type(`pause ${receiver.origin}`), / is paused; 0 due wait/);
        const third = await world().submit({ url: receiver.url() });
        const due = new RegExp(`paused +${receiver.origin}$`, "m");
        await until("it to wait", async () => {
          const list = await type(`destinations ${new URL(receiver.origin).port} --paused`);
          assert.match(list, due);
          return /^closed +- +1 /m.test(list);
        });
        assert.match(await type("queue"), /paused +destinations: \d+, with [1-9]\d* due tasks/);
        assert.match(await type("queue"), /oldest +[0-9a-f-]{36}, due since /);
        assert.is(receiver.calls(third).length, 0);
        assert.match(await type(`resume ${receiver.origin}`), / is called again; 1 due go first/);
        await world().ended(third);
        assert.not.match(await type("destinations"), due);
        held.open();
        await Promise.all([first, second].map((id) => world().ended(id)));
        assert.equal(
          (await audited(`destination:${receiver.origin}`)).map((entry: { actor: unknown }) => entry.actor),
          [me, me],
        );
      });
    } finally {
      held.open();
      await receiver.stop();
    }
  });

  test("repl: nodes, drain and undrain: what a node holds is finished, nothing more is taken", async () => {
    const { receiver } = world();
    const held = gate();
    const flying = await world().submit({ url: receiver.url(held.answer), timeoutMs: 60_000 });
    await receiver.waitForCalls(flying, 1);
    const busy = (await until("the node that calls", async () =>
      (await nodes()).find((node) => node.up && node.inFlight > 0),
    )) as NodeItem & { up: true };
    const alone = world().kind === "embedded";
    await typing(async (type) => {
      const list = await type("nodes");
      for (const { env: own } of world().nodes)
        assert.match(list, new RegExp(own.SERVICES ?? "api,scheduler"));
      assert.is(list.split("\n").length, world().nodes.length + 1);
      const part = `${busy.pid}-`;
      assert.match(
        await type(`drain "${part}" --note 'new kernel'`),
        new RegExp(`^${busy.nodeID} takes nothing more and finishes the [1-9]`),
      );
      assert.match(await type("nodes"), new RegExp(`${busy.nodeID} +draining`));
      const seen = (await nodes()).filter((node) => node.up && node.draining);
      assert.equal(
        seen.map(({ nodeID }) => nodeID),
        [busy.nodeID],
      );
      const { text } = await world().api("GET", "/metrics");
      assert.ok(text.includes(`bida_dispatcher_draining{node="${busy.nodeID}"} 1`));

      const url = receiver.url();
      const later = await Promise.all(Array.from({ length: 20 }, () => world().submit({ url })));
      if (alone)
        await until("them to be due", async () => Number(/due +(\d+)/.exec(await type("queue"))?.[1]) >= 20);
      else for (const id of later) await world().ended(id);
      const places = (await Promise.all(later.map((id) => world().attempts(id)))).flat();
      if (alone) assert.is(places.length, 0);
      else assert.ok(places.length === 20 && places.every(({ node }) => node !== busy.nodeID));

      held.open();
      await world().ended(flying);
      const attempts = await world().attempts(flying);
      assert.equal(
        [attempts.length, attempts[0]?.node],
        [1, busy.nodeID],
        "what it held is finished by itself",
      );

      assert.is(await type(`undrain ${busy.nodeID}`), `${busy.nodeID} takes tasks again`);
      for (const id of later) await world().ended(id);
      assert.match(await type(`undrain ${part}`), /is not drained; "nodes" shows which are$/);
    }).finally(() => held.open());
    assert.ok(!(await nodes()).some((node) => node.up && node.draining));
    assert.equal(await audited(`node:${busy.nodeID}`), [
      { action: "node.undrain", note: null, actor: me, sourceIp: null },
      { action: "node.drain", note: "new kernel", actor: me, sourceIp: null },
    ]);
  });

  test("repl: every mistake is one line that says what to type instead", async () => {
    const [done, open, failed] = [
      await world().submit({ url: world().receiver.url() }),
      await waiting(),
      await exhausted(),
    ];
    await world().ended(done);
    const { origin } = world().receiver;
    const mistakes: [line: string, answer: RegExp][] = [
      ["tusks", /^there is no command "tusks"; did you mean "tasks"\?$/],
      ["frobnicate", /; "help" lists the commands$/],
      ["help frobnicate", /; "help" lists the commands$/],
      ["tasks --stat exhausted", /^tasks has no option --stat; did you mean --state\?$/],
      ["tasks --zzz", /^tasks has no option --zzz; it takes --state, --source, /],
      ["tasks -x", /^tasks has no option -x; it takes /],
      ["tasks --state", /^--state needs a value: --state <state>$/],
      ["tasks --state --due", /^--state needs a value/],
      ["tasks --due=yes", /^--due takes no value; leave it out$/],
      ["tasks --target-url a --target-url b", /^--target-url can be given once only$/],
      ["tasks --state exausted", /^there is no state "exausted"; did you mean exhausted\?$/],
      ["tasks --state x", /; type one of pending, delivering, /],
      [
        "tasks --state succeeded --due",
        /^--due lists open tasks only; type --state pending,delivering, or leave --state out$/,
      ],
      ["tasks --limit many", /^--limit must be 1 to 200, not "many"$/],
      ["tasks --limit 201", /^--limit must be 1 to 200$/],
      ["tasks --from yesterday", /^--from is no time: "yesterday"; type 2h \(ago\), /],
      ["tasks --from 2026-13-41", /^--from is no time/],
      ["tasks exhausted", /^tasks takes options only, not "exhausted"; "help tasks list" lists them$/],
      ['tasks --target-url "half', /^a quote is not closed; end the text with "$/],
      ["task", /^task needs more; type: task <id>$/],
      ["task 17", /^"17" is no task id; ids look like .*"tasks" lists them$/],
      [`task ${NONE}`, new RegExp(`^there is no task ${NONE}; "tasks" lists`)],
      [`task ${NONE} ${NONE}`, /is too much; type: task <id>$/],
      ["retry", /^retry needs more; type: retry <id> …$/],
      [`retry ${NONE}`, /^there is no task /],
      [`retry ${failed} 17`, /^"17" is no task id/],
      [`retry ${failed} --notes x`, /^retry has no option --notes; did you mean --note\?$/],
      [`retry ${failed} --note ${"x".repeat(501)}`, /^--note must have at most 500 characters$/],
      [`retry ${done}`, new RegExp(`^${done}: it has succeeded; retry ${done} --force calls it again$`)],
      [`cancel ${done}`, new RegExp(`^${done}: it is succeeded; it has ended; task ${done} shows it$`)],
      [`cancel ${failed}`, new RegExp(`; resolve ${failed} declares it repaired, retry ${failed} calls it`)],
      [`resolve ${open}`, new RegExp(`; cancel ${open} ends an open one$`)],
      ["queue now", /^queue takes options only, not "now"/],
      ["queue --all", /^queue takes no options; leave --all out$/],
      ["tasks retri", /^there is no command "tasks retri"; did you mean "tasks retry"\?$/],
      ["retry --dry-run", /^retry needs more; type: retry <id> …$/],
      ["jobs get 17", /^there is no job 17; "jobs list" lists those that there are$/],
      ["apps set nobody --disable", /^there is no app "nobody"; "apps list" lists/],
      ["users set nobody --role boss", /^there is no role "boss"; type one of viewer, operator, admin$/],
      ["alarms ack x", /^"x" is no id; "alarms inbox" and "alarms mutes" show them$/],
      ["alarms ack 999999", /no such incident/i],
      ["alarms inbox --kind fire", /^--kind must be one of exhausted, .*, not "fire"$/],
      ["alarms mute --for 2h", /^destination is required, or /],
      ["alarms mute --app x --for soon", /^--for is no duration/],
      ["alarms unmute 999999", /no such mute/i],
      ["alarms test nowhere", /^there is no channel "nowhere"; "alarms list" lists/],
      ["send", /^send needs more; type: send <url>$/],
      ["send gopher://x --limit 101", /^limitCallCount must .*; url must /],
      ["destinations --open --paused", /^type --paused or --open, not both$/],
      ["pause stock", /^"stock" is no origin; type: pause https:\/\/host:port$/],
      ["pause http://nobody.invalid", /was never called; .*; pause http:\/\/nobody\.invalid --new pauses it/],
      ["resume http://nobody.invalid", /was never called; "destinations" lists those that were$/],
      [`resume ${origin}`, /is not paused; "destinations --paused" lists those that are$/],
      ["drain", /^drain needs more; type: drain <node>$/],
      ["drain nobody", /^there is no node "nobody"; drain takes one of: \S/],
      ["mol frob", /^Moleculer has no command "frob"; "mol help" lists them$/],
    ];
    if (world().kind === "cluster") {
      mistakes.push(["drain -", /^"-" is in 2 names; type one: \S+, \S+$/]);
      mistakes.push([
        `drain ${world().nodes[0]?.pid}-`,
        /makes no calls; drain takes one with dispatcher: \S+, \S+$/,
      ]);
    }
    await typing(async (type) => {
      for (const [line, answer] of mistakes) {
        const said = await type(line);
        assert.ok(answer.test(said), `${line}: ${said}`);
        assert.is(said.split("\n").length, 1, `${line}: ${said}`);
        assert.not.match(said, /\bat .*:\d+:\d+|Error/, line);
      }
    });
    assert.equal(await Promise.all([done, open, failed].map(state)), ["succeeded", "pending", "exhausted"]);
    await world().api("POST", `/v1/tasks/${open}/cancel`);
  });

  test("repl: what was raised: listed, in hand, muted for a time, told again", async () => {
    const url = world().receiver.url(404);
    await world().ended(await world().submit({ url, limitCallCount: 1 }));
    const origin = new URL(url).origin;
    await typing(async (type) => {
      const row = await until("it to be raised", async () => {
        const lines = (await type(`alarms --destination ${origin} --kind exhausted`)).split("\n");
        return lines.find((line) => line.includes("bad_status 404")) ?? null;
      });
      const id = /\d+/.exec(row)?.[0] ?? "";
      assert.match(await type(`alarms ack ${id} --note "my own"`), /bad_status 404\): .+ has it/);
      const muted = await type(`alarms mute --destination ${origin} --for 2h --note moving`);
      const mute = /^mute (\d+) until 20\d\d-/.exec(muted)?.[1] ?? muted;
      assert.match(await type("alarms mutes"), new RegExp(`${mute}\\s+${origin}.*moving`));
      assert.match(await type(`alarms inbox --destination ${origin}`), /has it, muted/);
      assert.is(await type(`alarms unmute ${mute}`), `mute ${mute} is over`);
      assert.is((await type("alarms mutes")).includes("moving"), false);
    });
  });

  test("repl: help on all and on each command, with examples; Moleculer's own commands behind mol", async () => {
    await typing(async (type) => {
      const all = await type("help");
      const names =
        "tasks more task retry cancel resolve queue destinations pause resume nodes drain undrain";
      for (const name of names.split(" ")) {
        assert.match(all, new RegExp(`^ {2}${name}\\b`, "m"));
        const one = await type(`help ${name}`);
        assert.match(one, new RegExp(`^Usage: ${name}\\b[^]*\\nExamples:\\n {2}${name}`), name);
        assert.is(await type(`${name} --help`), one);
      }
      assert.match(all, /Asia\/Shanghai \(UTC\+08:00\)/);
      assert.match(await type("mol services"), /scheduler/);
      assert.match(await type("mol call scheduler.health"), /ok/);
    });
  });

  test("repl: one command as arguments; a script from stdin in turn; the exit code says whether all was done", async () => {
    const [id, other] = await Promise.all([exhausted(), exhausted()]);
    const done = await once(env(), "resolve", id, "--note", "by script");
    assert.equal([done.how, done.out, done.err], ["exit 0", `${id} is resolved\n`, ""]);
    const again = await once(env(), "resolve", id);
    assert.is(again.how, "exit 1");
    assert.match(again.err, /it is resolved, not exhausted/);
    const script = new Repl(env());
    script.write(`resolve ${other}\n\ntask ${other}\nexit\nretry ${other}\n`);
    const ended = await script.ended;
    assert.is(ended.how, "exit 0", ended.out);
    assert.match(ended.out, new RegExp(`^${other} is resolved\nid +${other}`));
    assert.is(await state(other), "resolved", "what stands behind exit is not run");
  });
}

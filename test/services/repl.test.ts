/** The REPL's own parts: reading a line, times, tables, completion. Driven as a whole in test/e2e/suite/repl.ts. */
import { setTimeout as pause } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Command, NOTHING, type Session, type Typed } from "../../services/repl/command.ts";
import { exportTasks } from "../../services/repl/commands/export.ts";
import { send } from "../../services/repl/commands/send.ts";
import { type AnsweredNode, brokerLink } from "../../services/repl/link.ts";
import { Mistake, nearest } from "../../services/repl/mistake.ts";
import { cut, oneLine, Paint, span, widthOf } from "../../services/repl/paint.ts";
import { completed, execute, PROMPT_COMMANDS } from "../../services/repl/run.ts";
import { sessionWith } from "../../services/repl/session.ts";
import { socketOf } from "../../services/repl/socket.ts";
import { timeOf } from "../../services/repl/times.ts";
import { wordsOf } from "../../services/repl/words.ts";
import { thrown } from "../core/helpers.ts";

const WORDS: [line: string, words: string[]][] = [
  ["", []],
  ["  tasks   --due ", ["tasks", "--due"]],
  ["retry a --note 'it''s' ", ["retry", "a", "--note", "its"]],
  [`--note "it's back"`, ["--note", "it's back"]],
  [String.raw`--note "say \"yes\"" a\ b`, ["--note", 'say "yes"', "a b"]],
  [String.raw`'a\b'`, [String.raw`a\b`]],
  ["--url=''", ["--url="]],
  ["a '' b", ["a", "", "b"]],
  ["--note 库存\t已恢复", ["--note", "库存", "已恢复"]],
];
for (const [line, words] of WORDS) {
  test(`words of: ${line}`, () => assert.equal(wordsOf(line), words));
}
test("a quote that is not closed is a mistake", () => {
  for (const line of ["a 'b", 'a "b', "'"]) assert.throws(() => wordsOf(line), /a quote is not closed/);
});

const COMMAND: Command = {
  name: "try",
  args: "<a> [<b>]",
  arity: [1, 2],
  summary: "",
  options: {
    all: { value: null, help: "" },
    note: { value: "<text>", help: "" },
    state: { value: "<state>", help: "", multiple: true },
  },
  examples: [],
  run: async () => NOTHING,
};

async function readTyped(words: string[]): Promise<Typed> {
  let seen: Typed | null = null;
  const run = async (_: unknown, typed: Typed) => {
    seen = typed;
    return NOTHING;
  };
  const manner = { commands: [{ ...COMMAND, run }], program: "", names: "short", options: {} } as const;
  await execute(
    sessionWith(() => assert.unreachable() as never),
    ["try", ...words],
    {
      ...manner,
      commands: [...manner.commands],
    },
  );
  return seen as unknown as Typed;
}

test("arguments and options in any order; -- ends the options; a value may begin with one hyphen", async () => {
  const typed = await readTyped(["--note", "-1", "x", "--all", "--state=a", "--state", "b", "--", "--y"]);
  assert.equal(typed.args, ["x", "--y"]);
  assert.equal([typed.text("note"), typed.all("state"), typed.flags.has("all")], ["-1", ["a", "b"], true]);
  const bare = await readTyped(["x"]);
  assert.equal([bare.text("note"), bare.all("state")], [undefined, []]);
  for (const wrong of [[], ["a", "b", "c"], ["a", "--constructor"], ["a", "--note"], ["a", "--toString=x"]])
    assert.instance(await thrown(() => readTyped(wrong)), Mistake);
});

test("what was probably meant", () => {
  const known = ["tasks", "task", "retry", "resume", "resolve"];
  const meant = (word: string) => nearest(word, known);
  assert.equal(["taskz", "rety", "resum", "reso", "TASKS", "x", ""].map(meant), [
    "tasks",
    "retry",
    "resume",
    "resolve",
    null,
    null,
    null,
  ]);
});

test("times: so long ago, of the local zone, or of their own", () => {
  const then = Date.parse(timeOf("--from", "90m"));
  const ago = Date.now() - then;
  assert.ok(ago >= 5_400_000 && ago < 5_460_000, String(ago));
  assert.is(timeOf("--from", "2026-11-23"), new Date(2026, 10, 23).toISOString());
  assert.is(timeOf("--from", "2026-11-23 18:05"), new Date(2026, 10, 23, 18, 5).toISOString());
  assert.is(timeOf("--from", "2026-11-23T18:05:00+08:00"), "2026-11-23T10:05:00.000Z");
  for (const wrong of ["", "now", "2h30m", "23.11.2026", "2026-02-30x", "9999999d", "1"])
    assert.throws(() => timeOf("--to", wrong), /^--to is no time: /);
});

test("tables are aligned also where characters take two columns; the last column is cut to the terminal", () => {
  const plain = new Paint({});
  assert.is(
    plain.table(
      ["name", ">n", "url"],
      [
        ["仓库", "1", "http://a"],
        ["shop", "22", "http://b"],
      ],
    ),
    "name   n  url\n仓库   1  http://a\nshop  22  http://b",
  );
  const narrow = new Paint({ isTTY: true, columns: 20 });
  const cells = narrow.table(["a", "b"], [["x", "0123456789abcdefghij"]]).split("\n")[1] as string;
  assert.is(cells, "x  0123456789abcdef…");
  assert.is(widthOf(narrow.bad("错误")), 4);
  assert.is(plain.bad("x"), "x");
  assert.is(cut("错误信息", 5), "错误…");
  assert.is(
    oneLine("a\n b\u001b[31m\tc\u202ed"),
    "a b\ufffd[31m c\ufffdd",
    "what others wrote does not reach the terminal as it is",
  );
  assert.equal([900, 61_000, 180_000, 7_200_000, 200_000_000].map(span), [
    "900 ms",
    "61 s",
    "3 min",
    "2 h",
    "2 d",
  ]);
});

test("completion: commands, then the options of the one that is typed", () => {
  assert.equal(completed("dest"), [["destinations "], "dest"]);
  assert.equal(completed("help que"), [["queue "], "que"]);
  assert.equal(completed("tasks --st"), [["--state ", "--status "], "--st"]);
  assert.equal(completed("frobnicate --"), [[], "--"]);
  assert.equal(completed("tasks re"), [["retry ", "resolve ", "resend "], "re"]);
  const first = new Set(
    PROMPT_COMMANDS.flatMap(({ name, short }) => [name.split(" ")[0], short ?? name.split(" ")[0]]),
  );
  assert.is(completed("")[0].length, first.size + 4);
});

/** Lists tasks; a page behind the first one never comes. */
const listing = (nextCursor: string | null) => async () => {
  const items = [1, 2].map((n) => ({
    taskId: `t-${n}`,
    url: "http://a",
    requestMethod: "GET",
    body: "a\nb",
  }));
  const call = async (_: string, { cursor }: { cursor?: string }) =>
    cursor === undefined ? { items, nextCursor } : new Promise(() => undefined);
  return { call } as never;
};
const exported = async (more: Partial<Session>, nextCursor: string | null = null) => {
  const manner = { commands: [exportTasks], program: "bida", names: "full", options: {} } as const;
  const words = ["tasks", "export", "--format", "csv"];
  await execute(sessionWith(listing(nextCursor), more), words, { ...manner, commands: [exportTasks] });
};

test("an export as CSV: the mark at its beginning, CRLF at the ends of its lines, nothing between", async () => {
  const written: Uint8Array[] = [];
  await exported({ write: async (chunk) => void written.push(Buffer.from(chunk)) });
  const text = Buffer.concat(written).toString();
  assert.match(text, /^\ufefftaskId,state,/);
  assert.equal(text.match(/\r\n/g)?.length, 3);
  assert.equal(text.replaceAll("\r\n", "").match(/\n/g)?.length, 2, "those of the bodies");
});

test("an export that nobody wants any more ends, also where it waits for a page", async () => {
  const over = new AbortController();
  const write = async () => over.abort();
  const error = await thrown(() => exported({ write, signal: over.signal }, "next"));
  assert.is((error as Error).name, "AbortError");
});

test("send --wait that is interrupted says what became of the task so far", async () => {
  const over = new AbortController();
  const taskId = "0198f3a2-7c1e-7b52-9d31-5f0c2a4e8b17";
  const call = async (action: string) => {
    if (action === "scheduler.submit") return { taskId };
    setTimeout(() => {
      assert.ok(session.endsItself);
      over.abort();
    }, 20);
    return { state: "pending" };
  };
  const session = sessionWith(async () => ({ call }) as never, { signal: over.signal });
  const manner = { program: "bida", names: "full", options: {} } as const;
  const error = await thrown(() =>
    execute(session, ["send", "http://a", "--wait"], { ...manner, commands: [send] }),
  );
  assert.match((error as Error).message, `${taskId} is pending still`);
});

test("nodes that are asked: the time of each answer is its own, also beside one that takes long", async () => {
  const endpoints = ["quick", "slow"].map((id) => ({ node: { id, available: true } }));
  const broker = {
    registry: { actions: { get: () => ({ endpoints }) } },
    call: (_: string, __: unknown, { nodeID }: { nodeID: string }) =>
      nodeID === "slow" ? pause(5).then(() => pause(300, {})) : pause(0, {}),
  };
  const link = brokerLink(broker as never, {} as never, "", null as never);
  const [quick, slow] = (await link.nodes()) as [AnsweredNode, AnsweredNode];
  assert.equal([quick.node.up, slow.node.up], [true, true]);
  assert.ok(slow.answeredAt - quick.answeredAt > 200);
});

test("the socket's address: as short as it can be said, or none", () => {
  assert.is(socketOf(process.cwd()), "repl.sock");
  assert.is(socketOf(`/${"x".repeat(120)}`), null);
});

test.run();

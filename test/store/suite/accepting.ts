import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, millis } from "../../../core/clock.ts";
import { laneOf, newTaskId } from "../../../core/ids.ts";
import { readJson } from "../../../core/json/text.ts";
import { acceptTasks, acceptWithin, newTask } from "../../../store/accept.ts";
import type { Database } from "../../../store/database.ts";
import { findTasks } from "../../../store/read.ts";
import type { StoredTask } from "../../../store/rows.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { json, seeded, thrown } from "../../core/helpers.ts";
import { until } from "../../e2e/kit/until.ts";
import {
  clock,
  closeDatabase,
  freshDatabase,
  given,
  type Kind,
  keyed,
  storedTask,
  taskIn,
} from "../fixtures.ts";

export function accepting(kind: Kind): void {
  const test = suite(`${kind.name}: accept`);
  let db: Database;
  test.before(async () => {
    db = await freshDatabase(kind);
  });
  test.after(() => closeDatabase(db));

  const count = async (table: string) => Number((await db.knex(table).count({ n: "*" }))[0]?.n);
  const accept = (...items: ReturnType<typeof keyed>[]) => acceptTasks(db, items);

  test("every field comes back exactly", async () => {
    const task: StoredTask = {
      taskId: newTaskId(),
      appId: 7,
      lane: laneOf("https://必达.example"),
      url: `https://必达.example/路/{id}?q=😀%00&${"x".repeat(1900)}`,
      requestMethod: "DELETE",
      requestParam: readJson(
        `{"上海":"😀\\u0000\\ud800","n":[1.50,null,true,-0,7088992364139642881],"9":1,"1":{"a.b":{"'\\"\\\\\`;--":"\u2028"}}}`,
      ),
      body: "\0line\r\nnext\t'\"\\ 上海😀\u0001\ufeff ",
      bodyBase64: "AP+AgQ==",
      contentType: "text/xml; charset=utf-8",
      headers: { "X-Token": "a'b\"c\\d", "x-empty": "", "x-latin": "café" },
      expectResult: "成功 ",
      expect: {
        status: [200, 404],
        contains: "%_!",
        equals: "",
        matches: "^\\d+$",
        json: { "$.a['b']": readJson('{"c":[9007199254740993]}') },
      },
      limitCallCount: 100,
      retry: { strategy: "exponential", delayMs: 1, factor: 1.5, maxDelayMs: 2_592_000_000, jitter: 0.1 },
      timeoutMs: millis(120_000),
      expiresAt: epochMs(Date.UTC(9999, 11, 31, 23, 59, 59, 999)),
      sourceAppName: "😀".repeat(32),
      targetAppName: " a ",
      orderKey: "k".repeat(128),
      orderSeq: null,
      handedUntil: null,
      unsigned: false,
      state: "pending",
      callCount: 0,
      manualCalls: 0,
      nextCallAt: epochMs(clock.now() + 31_536_000_000),
      finishedAt: null,
      lastError: null,
      sourceIp: "2001:0db8:0000:0000:0000:ff00:192.168.100.100",
      createdAt: clock.now(),
      updatedAt: clock.now(),
    };
    assert.equal(await accept(newTask(task, null)), [{ kind: "created", taskId: task.taskId }]);
    assert.equal(await taskIn(db, task.taskId), { ...task, orderSeq: clock.now() });
  });

  const BODIES: [name: string, body: string][] = [
    ["nothing", ""],
    ["1 MiB of NUL", "\0".repeat(1024 * 1024)],
    ["1 MiB of quotes", "'".repeat(1024 * 1024)],
    ["1 MiB of emoji", "😀".repeat(256 * 1024)],
    [
      "every character up to U+FFFF but half ones",
      Array.from({ length: 0xffff }, (_, i) => String.fromCharCode(i))
        .join("")
        .replace(/[\ud800-\udfff]/g, ""),
    ],
  ];
  for (const [name, body] of BODIES) {
    test(`a body of ${name} comes back exactly`, async () => {
      const [task] = await given(db, { body });
      assert.ok((await taskIn(db, task!.taskId)).body === body);
    });
  }

  test("a batch of 500 is stored whole, in order", async () => {
    const tasks = Array.from({ length: 500 }, (_, i) => storedTask({ requestParam: json({ i }) }));
    const results = await accept(...tasks.map((task) => newTask(task, null)));
    assert.equal(
      results,
      tasks.map(({ taskId }) => ({ kind: "created", taskId })),
    );
    const stored = await findTasks(
      db,
      EVERYTHING,
      tasks.map(({ taskId }) => taskId),
    );
    assert.is(stored.length, 500);
  });

  test("all or nothing: one bad item, and nothing of the batch is stored", async () => {
    const before = await count("tasks");
    const bad = () => newTask(storedTask({ url: null as never }), null);
    await thrown(() => accept(newTask(storedTask(), null), bad()));
    const alone = keyed("all-or-nothing");
    await thrown(() => accept(alone, bad()));
    assert.is(await count("tasks"), before);
    // The key was rolled back too: it is free.
    assert.is((await accept(keyed("all-or-nothing")))[0]?.kind, "created");
  });

  test("handed over twice under one id, with and without a key, and twice at the same time: one task", async () => {
    const task = storedTask();
    const { taskId } = task;
    const created = { kind: "created", taskId };
    const repeated = { kind: "repeated", taskId };
    const other = storedTask();
    const before = await count("tasks");
    assert.equal(await accept(newTask(task, null)), [created]);
    assert.equal(await accept(newTask(other, null), newTask(task, null)), [
      { kind: "created", taskId: other.taskId },
      repeated,
    ]);
    assert.equal(await accept(keyed("twice", "same", { taskId })), [repeated]);
    const many = storedTask();
    const kinds = await Promise.all(Array.from({ length: 5 }, () => accept(newTask(many, null))));
    assert.equal(kinds.map(([one]) => one?.kind).sort(), ["created", ...Array(4).fill("repeated")]);
    assert.is(await count("tasks"), before + 3);
  });

  // SQLite has one writer, so nobody can be in the middle of it.
  if (kind.name !== "SQLite")
    test("another one is in the middle of accepting the same tasks: each is stored once", async () => {
      const url = "http://in-the-middle.example/";
      const [there, coming, own] = [
        newTask(storedTask(), null),
        newTask(storedTask({ url }), null),
        keyed("own"),
      ];
      await accept(there);
      const other = await db.knex.transaction();
      await acceptWithin({ ...db, knex: other }, [coming]);
      const results = accept(there, coming, own);
      // It finds `there`, and then waits for the fate of `coming`.
      const waits = async () => {
        const waiting = db.knex("information_schema.innodb_trx").where({ trx_state: "LOCK WAIT" });
        return (await waiting.where("trx_query", "like", `%${url}%`).first("trx_id")) !== undefined;
      };
      // InnoDB answers from a cache that it fills anew only where nobody has looked for 100 ms.
      await until("it to wait", waits, 15_000, 200);
      await other.commit();
      assert.equal(
        (await results).map(({ kind: it }) => it),
        ["repeated", "repeated", "created"],
      );
    });

  test("a key used again: the same task for the same body, a conflict for another", async () => {
    const first = keyed("k1");
    const { taskId } = first.task;
    assert.equal(await accept(first), [{ kind: "created", taskId }]);
    const before = await count("tasks");
    assert.equal(await accept(keyed("k1")), [{ kind: "repeated", taskId }]);
    assert.equal(await accept(keyed("k1", "other")), [{ kind: "conflict" }]);
    assert.is(await count("tasks"), before);
  });

  test("a key belongs to an app", async () => {
    const [mine, theirs] = [keyed("k2", "same", { appId: 1 }), keyed("k2", "other", { appId: 2 })];
    assert.equal(
      (await accept(mine, theirs)).map(({ kind: it }) => it),
      ["created", "created"],
    );
  });

  test("handed over to two schedulers that put them into different batches: each is one task, none is refused", async () => {
    const inBatches = <T>(all: T[], size: number) =>
      Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
    for (let round = 0; round < 3; round++) {
      const tasks = Array.from({ length: 210 }, (_, i) =>
        i % 2 ? keyed(`both-${round}-${i}`) : newTask(storedTask(), null),
      );
      const batches = [...inBatches(tasks, 7), ...inBatches(tasks.toReversed(), 30)];
      const results = await Promise.all(batches.map((batch) => accept(...batch)));
      assert.is(results.flat().filter(({ kind: it }) => it === "created").length, tasks.length);
      assert.is(results.flat().filter(({ kind: it }) => it === "repeated").length, tasks.length);
    }
  });

  test("plain, keyed, repeated and conflicting ones in one batch", async () => {
    const [plain, first, same, other] = [
      newTask(storedTask(), null),
      keyed("k3"),
      keyed("k3"),
      keyed("k3", "b"),
    ];
    assert.equal(await accept(plain, same, first, other), [
      { kind: "created", taskId: plain.task.taskId },
      { kind: "created", taskId: same.task.taskId },
      { kind: "repeated", taskId: same.task.taskId },
      { kind: "conflict" },
    ]);
  });

  test("50 at once with the same key: one is created, the others are that one", async () => {
    const results = await Promise.all(Array.from({ length: 50 }, () => accept(keyed("k4"))));
    const created = results.flat().filter(({ kind: it }) => it === "created");
    assert.is(created.length, 1);
    for (const [result] of results)
      assert.is(result && "taskId" in result && result.taskId, "taskId" in created[0]! && created[0].taskId);
  });

  test("batches with the same keys in opposite orders do not deadlock each other out", async () => {
    const random = seeded(11);
    const keys = Array.from({ length: 40 }, (_, i) => `k5-${i}`);
    const batches = Array.from({ length: 24 }, (_, i) => {
      if (i % 3 === 0) return keys;
      if (i % 3 === 1) return keys.toReversed();
      return keys.toSorted(() => random() - 0.5);
    });
    const results = await Promise.all(batches.map((batch) => accept(...batch.map((key) => keyed(key)))));
    const ids = new Map<string, Set<unknown>>(keys.map((key) => [key, new Set()]));
    for (const [i, batch] of batches.entries()) {
      for (const [j, key] of batch.entries()) {
        const result = results[i]![j]!;
        ids.get(key)!.add("taskId" in result && result.taskId);
      }
    }
    for (const [key, set] of ids) assert.is(set.size, 1, key);
    assert.is(results.flat().filter(({ kind: it }) => it === "created").length, keys.length);
  });

  test.run();
}

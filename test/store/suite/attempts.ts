import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs } from "../../../core/clock.ts";
import { laneOf } from "../../../core/ids.ts";
import { type AttemptFilter, type ListedAttempt, listAttempts } from "../../../store/attempts.ts";
import type { Database } from "../../../store/database.ts";
import { listTasks } from "../../../store/list-tasks.ts";
import { recordOutcomes } from "../../../store/record.ts";
import type { StoredTask } from "../../../store/rows.ts";
import { EVERYTHING, type Scope } from "../../../store/scope.ts";
import { oldestDue } from "../../../store/waiting.ts";
import { refusal, seeded } from "../../core/helpers.ts";
import { clock, closeDatabase, freshDatabase, given, type Kind, outcome } from "../fixtures.ts";

export function callsAcross(kind: Kind): void {
  const test = suite(`${kind.name}: calls across tasks`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
  });
  test.after.each(() => closeDatabase(db));

  const T0 = 1_700_000_000_000;
  const key = ({ taskId, n }: Pick<ListedAttempt, "taskId" | "n">) => `${taskId} ${n}`;

  async function pages(filter: AttemptFilter, limit: number, scope: Scope = EVERYTHING) {
    const all: ListedAttempt[] = [];
    for (let cursor: string | null = null; ; ) {
      const page = await listAttempts(db, scope, filter, limit, cursor);
      assert.ok(page.items.length <= limit);
      all.push(...page.items);
      if (page.nextCursor === null) return all;
      cursor = page.nextCursor;
    }
  }

  test("filters, alone and together; pages without gap or repetition, many at the same moment", async () => {
    const random = seeded(9);
    const tasks = await given(
      db,
      ...Array.from({ length: 300 }, (_, i) => ({
        appId: i % 2,
        lane: laneOf(`http://h${i % 7}`),
        ...(i % 3 === 0 && { calledUrl: `http://h${i % 7}/${i}` }),
        limitCallCount: 9,
      })),
    );
    const made: (ListedAttempt & Pick<StoredTask, "appId" | "lane">)[] = [];
    for (const n of [1, 2, 3]) {
      const outcomes = tasks.map((task) => {
        const kind = n === 3 && random() < 0.02 ? "succeeded" : "failed";
        const startedAt = epochMs(T0 + Math.floor(random() * 40));
        const one = outcome(task, n, kind, { startedAt, statusCode: 500 + Math.floor(random() * 3) });
        const { durationMs, statusCode, error, node, phases = null } = one.attempt!;
        const {
          taskId,
          appId,
          lane,
          url,
          requestMethod,
          sourceAppName,
          targetAppName,
          calledUrl = null,
        } = task;
        made.push({
          ...{ taskId, appId, lane, url, calledUrl, requestMethod, sourceAppName, targetAppName },
          ...{ n, startedAt, durationMs, statusCode, node, phases, succeeded: kind === "succeeded" },
          errorCode: error?.code ?? null,
          errorMessage: error?.message ?? null,
          taskState: "pending",
        });
        return one;
      });
      await recordOutcomes(db, outcomes, clock, () => 0);
    }
    for (const call of made)
      if (made.some((other) => other.taskId === call.taskId && other.succeeded)) call.taskState = "succeeded";
    made.sort(
      (a, b) => b.startedAt - a.startedAt || (a.taskId < b.taskId ? 1 : a.taskId > b.taskId ? -1 : b.n - a.n),
    );

    const CASES: [AttemptFilter, Scope, (call: (typeof made)[number]) => boolean][] = [
      [{}, EVERYTHING, () => true],
      [{}, { appId: 1 }, ({ appId }) => appId === 1],
      [{ succeeded: true }, EVERYTHING, ({ succeeded }) => succeeded],
      [
        { succeeded: false, status: 501 },
        EVERYTHING,
        ({ succeeded, statusCode }) => !succeeded && statusCode === 501,
      ],
      [
        { errorCode: "bad_status" },
        { appId: 0 },
        ({ errorCode, appId }) => errorCode !== null && appId === 0,
      ],
      [{ errorCode: "dns" }, EVERYTHING, () => false],
      [{ lane: laneOf("http://h3") }, EVERYTHING, ({ lane }) => lane === laneOf("http://h3")],
      [
        { from: T0 + 5, to: T0 + 9 },
        EVERYTHING,
        ({ startedAt }) => startedAt >= T0 + 5 && startedAt < T0 + 9,
      ],
      [{ taskId: tasks[4]!.taskId }, EVERYTHING, ({ taskId }) => taskId === tasks[4]!.taskId],
      [{ taskId: tasks[4]!.taskId }, { appId: 1 }, () => false],
    ];
    for (const [filter, scope, fits] of CASES) {
      for (const limit of [2, 97, 200]) {
        const found = await pages(filter, limit, scope);
        const why = `${JSON.stringify(filter)} ${limit}`;
        assert.equal(found.map(key), made.filter(fits).map(key), why);
      }
    }
    const [first] = await pages({ taskId: made[0]!.taskId }, 200);
    const { appId: _, lane: __, ...wanted } = made.find(({ taskId }) => taskId === first!.taskId)!;
    assert.equal(first, wanted);
  });

  test("a cursor that is none of ours is refused", async () => {
    for (const cursor of ["", "x", Buffer.from("1.x.1").toString("base64url")]) {
      const error = await refusal(() => listAttempts(db, EVERYTHING, {}, 2, cursor));
      assert.equal([error.code, error.errors[0]?.field], ["invalid_query", "cursor"]);
    }
  });

  test("tasks by due time: open ones, the first due on top, pages without gap or repetition", async () => {
    const random = seeded(4);
    const tasks = await given(
      db,
      ...Array.from({ length: 61 }, (_, i) => ({
        nextCallAt: epochMs(T0 + Math.floor(random() * 9)),
        appId: i % 2,
      })),
      { state: "succeeded", nextCallAt: null },
    );
    for (const appId of [null, 1]) {
      const found: string[] = [];
      for (let cursor: string | null = null, more = true; more; more = cursor !== null) {
        const page: Awaited<ReturnType<typeof listTasks>> = await listTasks(
          db,
          { appId },
          {},
          7,
          cursor,
          "due",
        );
        found.push(...page.items.map(({ taskId }) => taskId));
        cursor = page.nextCursor;
      }
      const wanted = tasks
        .filter((task) => task.state === "pending" && (appId === null || task.appId === appId))
        .sort((a, b) => a.nextCallAt! - b.nextCallAt! || (a.taskId < b.taskId ? -1 : 1));
      assert.equal(
        found,
        wanted.map(({ taskId }) => taskId),
      );
      const due = await oldestDue(db, { appId }, epochMs(T0 + 4), 5);
      assert.equal(
        due.map(({ dueAt }) => dueAt),
        wanted.slice(0, 5).map(({ nextCallAt }) => nextCallAt),
      );
      assert.equal(await oldestDue(db, { appId }, epochMs(T0 - 1), 5), []);
    }
  });

  test.run();
}

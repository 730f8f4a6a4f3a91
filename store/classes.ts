/**
 * Counting tasks by what a rule on many tasks looks at: a preview needs no task, only how many there are of each kind. Tasks are
 * looked through along the index of each state, a stretch at a time, until there is no more time: no statement takes long,
 * whatever the filter.
 */
import type { EpochMs } from "../core/clock.ts";
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import { MAX_MANUAL_CALLS, STORED_STATES, type StoredState } from "../core/task.ts";
import { type Database, forSearch } from "./database.ts";
import type { Texts } from "./drivers/driver.ts";
import { reading } from "./failures.ts";
import { matching, type TaskFilter } from "./read.ts";
import type { Replacement } from "./resends.ts";
import type { Position } from "./retention.ts";
import { type Row, stateCode } from "./rows.ts";
import { EVERYTHING, type Scope, scoped } from "./scope.ts";
import { placeholders } from "./sql.ts";

/** Tasks that no rule tells apart. */
export interface TaskClass {
  state: StoredState;
  /** Whether it is pending without a time: an earlier task of its `orderKey` goes first. */
  held: boolean;
  /** Whether it is being called. */
  leased: boolean;
  /** Whether it had {@link MAX_MANUAL_CALLS} calls that do not count against its limit. */
  worn: boolean;
  /** Whether it had more calls than that altogether. */
  spent: boolean;
  /** The copy that stands for it. */
  replaced: Replacement["state"] | null;
  count: number;
}

export interface Classes {
  classes: TaskClass[];
  /** Tasks were left that there was no time to look at. */
  atLeast: boolean;
}

/** Another stretch is not begun after so long, in ms. */
const PATIENCE = 3_000;
/** Tasks of a state in a stretch: the first, and at most. */
const FIRST = 2_000;
const MOST = 50_000;
/** A stretch that takes so long, in ms, is not followed by a longer one. */
const SLOW = 100;

/** Those first that are acted on most, which are few; those that succeeded, which are most, last. */
const ORDER: readonly StoredState[] = ["exhausted", "pending", "canceled", "resolved", "succeeded"];

/**
 * @param leased the tasks that are being called
 * @param patience how long it may take, in ms
 */
export async function classesOf(
  db: Database,
  scope: Scope,
  filter: TaskFilter,
  leased: readonly TaskId[],
  patience = PATIENCE,
): Promise<Classes> {
  const reader = forSearch(db);
  const counter = new Counter(db, leased, await hasCopies(reader));
  const until = performance.now() + patience;
  for (const state of ORDER) {
    if (filter.states && !filter.states.includes(state)) continue;
    const stretch: TaskFilter = { ...filter, states: [state] };
    let look = FIRST;
    for (let after: Position | null = null; ; ) {
      if (performance.now() >= until) return { classes: counter.classes, atLeast: true };
      const startedAt = performance.now();
      const end: Position | null = await endOf(reader, stretch, after, look);
      const query = matching(reader, scope, stretch);
      behind(query, after);
      if (end) upTo(query, end);
      await counter.add(query);
      if (end === null) break;
      after = end;
      if (performance.now() - startedAt < SLOW) look = Math.min(look * 4, MOST);
    }
  }
  return { classes: counter.classes, atLeast: false };
}

/** {@link classesOf} of a selection. */
export async function classesAmong(
  db: Database,
  scope: Scope,
  ids: readonly TaskId[],
  leased: readonly TaskId[],
): Promise<TaskClass[]> {
  const counter = new Counter(db, leased, await hasCopies(db));
  await counter.add(scoped(db, scope).whereIn("task_id", ids.map(taskIdToBytes)));
  return counter.classes;
}

/** Where there is no copy at all nobody has to look for each task's. */
const hasCopies = async ({ knex }: Database): Promise<boolean> =>
  (await reading(knex("task_resends").limit(1).pluck("task_id"))).length > 0;

/** The last task of the next `look` of a state; null where there are fewer. By what the index can tell only. */
async function endOf(
  db: Database,
  { states, createdFrom, createdTo }: TaskFilter,
  after: Position | null,
  look: number,
): Promise<Position | null> {
  const query = matching(db, EVERYTHING, { states, createdFrom, createdTo });
  behind(query, after);
  const [row] = await reading<Row[]>(
    query
      .select("created_at", "task_id")
      .orderBy([{ column: "created_at" }, { column: "task_id" }])
      .limit(1)
      .offset(look - 1),
  );
  return row
    ? { createdAt: row.created_at as EpochMs, taskId: taskIdFromBytes(row.task_id as Buffer) }
    : null;
}

type Query = ReturnType<typeof matching>;

/** The first condition is the one that an index can use, here and below. */
function behind(query: Query, after: Position | null): void {
  if (after === null) return;
  query.where("created_at", ">=", after.createdAt);
  query.whereRaw("(created_at > ? OR task_id > ?)", [after.createdAt, taskIdToBytes(after.taskId)]);
}

function upTo(query: Query, end: Position): void {
  query.where("created_at", "<=", end.createdAt);
  query.whereRaw("(created_at < ? OR task_id <= ?)", [end.createdAt, taskIdToBytes(end.taskId)]);
}

/**
 * As `replacementsOf` (`resends.ts`) finds it, for each task of a query; what has succeeded is not called again anyhow. By the copies of the
 * task, of which it has few: SQLite would begin with all tasks of these states, for each task anew.
 */
const replacedBy = ({
  joinInOrder,
}: Texts): string => `CASE WHEN tasks.state = ${stateCode("succeeded")} THEN NULL ELSE (
  SELECT MAX(n.state) FROM task_resends c ${joinInOrder} tasks n ON n.task_id = c.task_id
  WHERE c.root = COALESCE((SELECT o.root FROM task_resends o WHERE o.task_id = tasks.task_id), tasks.task_id)
    AND n.state IN (${stateCode("pending")}, ${stateCode("succeeded")})
    AND n.created_at >= tasks.created_at AND n.task_id <> tasks.task_id) END`;

/** Sums up the classes of several queries. */
class Counter {
  readonly #leased: Buffer[];
  readonly #replaced: string;
  readonly #found = new Map<string, TaskClass>();

  constructor(db: Database, leased: readonly TaskId[], withCopies: boolean) {
    this.#leased = leased.map(taskIdToBytes);
    this.#replaced = withCopies ? replacedBy(db.driver) : "NULL";
  }

  get classes(): TaskClass[] {
    return [...this.#found.values()];
  }

  async add(query: Query): Promise<void> {
    const knex = query.knex();
    const where = this.#leased.length > 0 ? `task_id IN ${placeholders(this.#leased.length)}` : "1 = 0";
    query
      .select(
        "state",
        knex.raw(
          `CASE WHEN state = ${stateCode("pending")} AND next_call_at IS NULL THEN 1 ELSE 0 END AS held`,
        ),
        knex.raw(
          `CASE WHEN state = ${stateCode("pending")} AND ${where} THEN 1 ELSE 0 END AS leased`,
          this.#leased,
        ),
        knex.raw(`CASE WHEN manual_calls >= ${MAX_MANUAL_CALLS} THEN 1 ELSE 0 END AS worn`),
        knex.raw(`CASE WHEN call_count > ${MAX_MANUAL_CALLS} THEN 1 ELSE 0 END AS spent`),
        knex.raw(`${this.#replaced} AS replaced`),
        knex.raw("COUNT(*) AS n"),
      )
      .groupBy("state", "held", "leased", "worn", "spent", "replaced");
    for (const row of await reading<Row[]>(query)) this.#addRow(row);
  }

  #addRow({ state, held, leased, worn, spent, replaced, n }: Row): void {
    const code = replaced === null ? null : STORED_STATES[Number(replaced)];
    const one: TaskClass = {
      state: STORED_STATES[Number(state)] ?? "pending",
      held: Number(held) === 1,
      leased: Number(leased) === 1,
      worn: Number(worn) === 1,
      spent: Number(spent) === 1,
      replaced: code === "succeeded" || code === "pending" ? code : null,
      count: Number(n),
    };
    const name = JSON.stringify({ ...one, count: 0 });
    const known = this.#found.get(name);
    if (known) known.count += one.count;
    else this.#found.set(name, one);
  }
}

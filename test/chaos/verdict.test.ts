/** The verdict itself: what was kept is not accused, and every promise that is broken is. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Plan, pathOf } from "./harness/behaviour.ts";
import type { AttemptRow, TaskRow } from "./harness/database.ts";
import type { Excuse, FaultRecord } from "./harness/fault.ts";
import type { Submission } from "./harness/load.ts";
import { Ledger, type LedgerCall } from "./harness/receiver.ts";
import { disturbances, recoveries, stuck, touched, Watch } from "./harness/service.ts";
import { type Evidence, judge } from "./harness/verdict.ts";

const test = suite("verdict");
const LEASE = 2_000;
const T = 1_700_000_000_000;
const ID = "0198f3a2-0000-7000-8000-000000000001";

type CallLine = [attempt: number, at: number, endedAt: number | null, status: number | null];

interface Case {
  plan?: Partial<Plan>;
  callAt?: number;
  taskId?: string | null;
  answeredAt?: number | null;
  calls?: CallLine[];
  task?: Partial<TaskRow> | null;
  attempts?: [n: number, status: number | null, error?: string][];
  faults?: FaultRecord[];
  origin?: string;
  owedFrom?: number;
  fate?: Submission["fate"];
}

/** One task that fails once and then succeeds, unless the case says otherwise. Times are ms after {@link T}. */
function evidence(given: Case = {}): Evidence {
  const plan: Plan = {
    ...{ k: 7, kind: "fail", times: 1, limit: 5, retryMs: 200, timeoutMs: 5_000, waitMs: 0, keyed: true },
    ...given.plan,
  };
  const submission: Submission = {
    plan,
    origin: given.origin ?? "http://127.0.0.1:80",
    callAt: given.callAt === undefined ? null : T + given.callAt,
    startedAt: T,
    answeredAt: given.answeredAt === undefined ? T + 5 : given.answeredAt,
    taskId: given.taskId === undefined ? ID : given.taskId,
    endedAt: null,
    tries: 1,
    owedFrom: given.owedFrom === undefined ? 0 : T + given.owedFrom,
    fate: given.fate ?? "usual",
    isExtra: false,
  };
  const usual: CallLine[] = [
    [1, 10, 20, 500],
    [2, 225, 230, 200],
  ];
  const ledger = new Ledger();
  for (const [i, [attempt, at, endedAt, status]] of (given.calls ?? usual).entries()) {
    const call: LedgerCall = {
      ...{ id: i, taskId: ID, attempt, path: pathOf(plan), status },
      at: T + at,
      endedAt: endedAt === null ? null : T + endedAt,
    };
    ledger.put(call);
  }
  const task: TaskRow = {
    ...{
      taskId: ID,
      state: "succeeded",
      callCount: 2,
      limit: plan.limit,
      url: `http://127.0.0.1:80${pathOf(plan)}`,
    },
    ...given.task,
  };
  const attempts = (
    given.attempts ?? [
      [1, 500],
      [2, 200],
    ]
  ).map(
    ([n, status, error = null]): AttemptRow => ({
      taskId: ID,
      n: n as number,
      status: status as number | null,
      error: error as string | null,
    }),
  );
  return {
    submissions: [submission],
    ledger,
    tasks: given.task === null ? [] : [task],
    attempts,
    faults: given.faults ?? [],
    undone: new Set(given.fate === "undone" ? [ID] : []),
    leaseMs: LEASE,
  };
}

const fault = (from: number, to: number, excuses: Excuse[], outage = false): FaultRecord => ({
  ...{ kind: "it", target: "node", excuses, outage },
  startedAt: T + from,
  endedAt: T + to,
});

const accusations = (given: Case) => judge(evidence(given)).violations.map(({ what }) => what);

test("a task that was delivered as promised is not accused", () => {
  const { violations, ...counts } = judge(evidence());
  assert.equal(violations, []);
  assert.equal(counts, {
    ...{ accepted: 1, delivered: 1, exhausted: 0, lost: 0 },
    ...{ attempts: 2, calls: 2, duplicated: 0, overlapping: 0, excused: [] },
  });
});

const BROKEN: [name: string, given: Case, accused: RegExp][] = [
  ["an accepted task without a row", { task: null, calls: [], attempts: [] }, /accepted, but has no row/],
  ["a task that never ended", { task: { state: "pending" } }, /has not ended/],
  ["a caller that was never answered", { taskId: null }, /never answered/],
  ["a row that nobody submitted", { task: { url: "http://127.0.0.1:80/ok/0?k=8" } }, /nobody made/],
  ["a gap in the numbers", { attempts: [[2, 200]] }, /attempts on record: 2; callCount: 2/],
  [
    "a number recorded twice",
    {
      attempts: [
        [1, 500],
        [2, 200],
        [2, 200],
      ],
    },
    /on record twice/,
  ],
  [
    "a recorded answer that was never given",
    {
      attempts: [
        [1, 404],
        [2, 200],
      ],
    },
    /never answered/,
  ],
  [
    "a success that the receiver knows nothing of",
    {
      calls: [[1, 10, 20, 500]],
      attempts: [
        [1, 500],
        [2, null],
      ],
    },
    /knows nothing/,
  ],
  ["exhausted with calls left", { task: { state: "exhausted" } }, /exhausted after 2 of 5/],
  ["a first call before its time", { callAt: 100 }, /call 1 was 90 ms early/],
  [
    "a retry before its time",
    {
      calls: [
        [1, 10, 20, 500],
        [2, 200, 230, 200],
      ],
    },
    /call 2 was 20 ms early/,
  ],
  [
    "a call made again without a fault",
    {
      calls: [
        [1, 10, 20, 500],
        [2, 225, 230, 200],
        [2, 900, 910, 200],
      ],
    },
    /made again without a fault/,
  ],
  [
    "a call made again twice, although its connection was reset each time",
    {
      plan: { kind: "reset" },
      calls: [
        [1, 10, 20, null],
        [1, 21, 22, null],
        [1, 23, 24, null],
        [2, 300, 310, 200],
      ],
      attempts: [
        [1, null],
        [2, 200],
      ],
    },
    /made again without a fault/,
  ],
  [
    "a call made again long after its connection was reset",
    {
      plan: { kind: "reset" },
      calls: [
        [1, 10, 20, null],
        [1, 6_000, 6_010, null],
        [2, 6_300, 6_310, 200],
      ],
      attempts: [
        [1, null],
        [2, 200],
      ],
    },
    /made again without a fault/,
  ],
  [
    "two calls at once",
    {
      calls: [
        [1, 10, 20, 500],
        [2, 225, 700, 200],
        [2, 650, 660, 200],
      ],
      faults: [fault(300, 400, ["repeat"])],
    },
    /while another was open/,
  ],
];

test("not accused: a call whose kept connection was reset, and that was made again at once", () => {
  const calls: CallLine[] = [
    [1, 10, 20, null],
    [1, 21, 22, null],
    [2, 300, 310, 200],
  ];
  const attempts: Case["attempts"] = [
    [1, null],
    [2, 200],
  ];
  assert.equal(accusations({ plan: { kind: "reset" }, calls, attempts }), []);
});

test("not accused: a retry that seems early, because the call before it arrived after the node had given it up", () => {
  const calls: CallLine[] = [
    [1, 900, 901, 200],
    [2, 1_000, 1_010, 200],
  ];
  assert.equal(
    accusations({
      calls,
      attempts: [
        [1, null, "timeout"],
        [2, 200],
      ],
    }),
    [],
  );
});

test("not accused: a call that a fault repeats, and whose connection is reset then", () => {
  const calls: CallLine[] = [
    [1, 10, 20, null],
    [1, 20_000, 20_005, null],
    [1, 20_010, 20_015, null],
    [2, 20_300, 20_310, 200],
  ];
  const attempts: Case["attempts"] = [
    [1, null],
    [2, 200],
  ];
  const faults = [fault(15, 12_000, ["repeat"])];
  assert.equal(accusations({ plan: { kind: "reset" }, calls, attempts, faults }), []);
});

BROKEN.push(
  [
    "an attempt that never reached the receiver",
    {
      plan: { kind: "ok" },
      calls: [[2, 225, 230, 200]],
      attempts: [
        [1, null],
        [2, 200],
      ],
    },
    /the receiver knows nothing of it/,
  ],
  ["an unreadable row that was called all the same", { fate: "spoilt" }, /unreadable, and it is succeeded/],
);

test("not accused: an unreadable row that was set aside; a task that a restored database never had", () => {
  const aside: Case = { fate: "spoilt", calls: [], attempts: [], task: { state: "exhausted", callCount: 0 } };
  assert.equal(accusations(aside), []);
  assert.equal(accusations({ fate: "undone", task: null, attempts: [] }), []);
});

test("service: nothing is owed before a fault lets it through, nor of a task that is not called at all", () => {
  const owed = (given: Case, now: number) => {
    const { submissions, ledger } = evidence({ calls: [], ...given });
    return disturbances(submissions, ledger, T + now).map(({ from }) => from - T);
  };
  assert.equal(owed({ owedFrom: Number.POSITIVE_INFINITY }, 60_000), []);
  assert.equal(owed({ owedFrom: 5_000 }, 60_000), [5_000]);
  assert.equal(owed({ fate: "spoilt" }, 60_000), []);
});

test("service: whom a fault touches, and what stays behind after it", () => {
  const debts = [
    { what: "own", taskId: ID, isExtra: true, from: T + 100, to: T + 9_000 },
    { what: "other", taskId: ID, isExtra: false, from: T + 100, to: T + 9_000 },
  ];
  const faults = [fault(0, 2_000, [])];
  const [it] = faults as [FaultRecord];
  const names = (some: { what: string }[]) => some.map(({ what }) => what);
  assert.equal(names(touched(it, faults, debts, [], 5_000, T + 9_000)), ["other"]);
  assert.equal(names(touched(it, faults, debts, [], 9_000, T + 9_000)), []);
  assert.equal(names(touched(it, faults, debts, [fault(500, 600, [])], 5_000, T + 9_000)), []);
  const outage = (from: number, to: number) => [...faults, fault(from, to, [])];
  // Another fault's doing: owed while it lasted, or soon after it.
  assert.equal(names(touched(it, outage(-6_000, -5_500), debts, [], 5_000, T + 9_000)), ["other"]);
  assert.equal(names(touched(it, outage(-600, -500), debts, [], 5_000, T + 9_000)), []);
  // Only what is late before the next one is this one's.
  assert.equal(names(touched(it, outage(8_500, 8_600), debts, [], 5_000, T + 9_000)), ["other"]);
  assert.equal(names(touched(it, outage(4_000, 4_100), debts, [], 5_000, T + 9_000)), []);
  assert.equal(names(stuck(faults, debts, [], 6_000, T + 9_000)), ["own", "other"]);
  assert.equal(names(stuck(faults, debts, [], 7_000, T + 9_000)), []);
});

for (const [name, given, accused] of BROKEN) {
  test(`accused: ${name}`, () => {
    assert.ok(
      accusations(given).some((what) => accused.test(what)),
      accusations(given).join("; ") || "nothing",
    );
  });
}

test("a call made again is excused by a fault in effect between the two, and by no other", () => {
  const calls: CallLine[] = [
    [1, 10, 20, 500],
    [2, 225, 230, null],
    [2, 3_000, 3_010, 200],
  ];
  assert.equal(accusations({ calls, faults: [fault(230, 300, ["repeat"])] }), []);
  assert.is(accusations({ calls, faults: [fault(230, 300, [])] }).length, 1);
  assert.is(accusations({ calls, faults: [fault(3_100, 3_200, ["repeat"])] }).length, 1);
  assert.is(accusations({ calls, faults: [fault(-9_000, -8_000, ["repeat"])] }).length, 1);
});

test("a violation shows what was seen of the task", () => {
  const [violation] = judge(evidence({ task: { state: "pending" } })).violations;
  assert.is(violation?.taskId, ID);
  assert.match(violation?.seen.join("\n") ?? "", /row: .*\n.*attempt 1: 500 \n.*\n.*call 1: .*, 500/);
});

test("service: what is owed for more than a second is a disturbance, until it is paid", () => {
  const of = (given: Case, now: number) => {
    const { submissions, ledger } = evidence(given);
    return disturbances(submissions, ledger, T + now).map(({ from, to }) => [
      from - T,
      to === null ? null : to - T,
    ]);
  };
  assert.equal(of({}, 9_000), []);
  assert.equal(of({ answeredAt: 1_500 + T, calls: [[1, 1_510, 1_520, 200]], plan: { kind: "ok" } }, 9_000), [
    [0, 1_500],
  ]);
  assert.equal(of({ calls: [] }, 2_000), [[5, null]]);
  assert.equal(of({ calls: [], callAt: 1_500 }, 2_000), []);
  assert.equal(of({ calls: [[1, 10, 20, 500]] }, 2_000), [[220, null]]);
  // Cut off at 300, made again at 2000.
  const cut: CallLine[] = [
    [1, 10, 20, 500],
    [2, 225, 300, null],
    [2, 2_000, 2_010, 200],
  ];
  assert.equal(of({ calls: cut }, 9_000), [[300, 2_000]]);
});

test("service: recovery runs from a fault, or an outage's end, to the end of the last disturbance it began", () => {
  const debts = [
    { what: "", taskId: null, isExtra: false, from: T + 100, to: T + 2_500 },
    { what: "", taskId: null, isExtra: false, from: T + 900, to: T + 4_000 },
  ];
  const times = (faults: FaultRecord[]) =>
    recoveries(faults, debts, LEASE, T + 60_000).map(({ recoveryMs }) => recoveryMs);
  assert.equal(times([fault(50, 150, [])]), [3_950]);
  assert.equal(times([fault(50, 1_000, [], true)]), [3_000]);
  assert.equal(times([fault(20_000, 20_000, [])]), [0]);
});

test("service: the watch forgets what is settled and sees what is owed", () => {
  const { submissions, ledger } = evidence();
  const watch = new Watch(submissions, ledger);
  assert.equal(watch.overdue(T + 60_000), []);
  const late = evidence({ calls: [] });
  submissions.push({ ...(late.submissions[0] as Submission), taskId: "another" });
  assert.is(watch.overdue(T + 500).length, 0);
  assert.is(watch.overdue(T + 60_000).length, 1);
});

test("service: a task that ended by a call that never arrived owes nothing from then on", () => {
  const { submissions, ledger } = evidence({ calls: [[1, 10, 20, 500]], plan: { times: 99, limit: 2 } });
  const watch = new Watch(submissions, ledger);
  assert.equal(
    watch.overdue(T + 3_000).map(({ what, taskId }) => ({ what, taskId })),
    [{ what: `call 2 of ${ID}`, taskId: ID }],
  );
  watch.ended([ID], T + 4_000);
  assert.equal(watch.overdue(T + 5_000), []);
  assert.equal(
    disturbances(submissions, ledger, T + 60_000).map(({ from, to }) => [from, to]),
    [[T + 220, T + 4_000]],
  );
});

test.run();

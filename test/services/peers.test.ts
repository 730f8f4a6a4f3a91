/** Asking one of several nodes: brokers of one process, that hear each other through Moleculer's own fake transporter. @takes 20 s */
import { Errors, ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Submission, SubmissionResult } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import { actionsOf } from "../../services/bus/bus.ts";
import { askAny, nodesWith } from "../../services/bus/peers.ts";
import { refusalTo } from "../../services/bus/wire-errors.ts";
import { submit } from "../../services/tasks/submit.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { until } from "../e2e/kit/until.ts";

const test = suite("peers");
type Answer = (item: Submission) => Promise<SubmissionResult>;
/** What each node answers for a task, and which it was asked for. */
const answers = new Map<string, Answer>();
const asked: [node: string, taskId: string][] = [];
/** How many tasks came in each message. */
const sizes: number[] = [];
/** Nodes whose connection has ended, as NATS would say; and those that somebody asked it about. */
const [dead, probed] = [new Set<string>(), new Set<string>()];
const names = ["one", "two"];
let brokers: ServiceBroker[];
let api: ServiceBroker;

const well: Answer = async ({ taskId }) => ({ taskId });
const silent: Answer = () => new Promise(() => {});

function broker(nodeID: string): ServiceBroker {
  return new ServiceBroker({
    nodeID,
    logger: false,
    transporter: "Fake",
    namespace: "peers",
    requestTimeout: 5_000,
  });
}

test.before(async () => {
  brokers = names.map((name) => {
    const one = broker(name);
    const { submitMany } = actionsOf<"scheduler">({
      submitMany: async ({ items }: { items: Submission[] }) => {
        sizes.push(items.length);
        for (const { taskId } of items) asked.push([name, taskId]);
        return { results: await Promise.all(items.map(answers.get(name) as Answer)) };
      },
    } as never);
    one.createService({ name: "scheduler", actions: { submitMany: submitMany as never } });
    return one;
  });
  api = broker("api");
  await Promise.all([...brokers, api].map((one) => one.start()));
  const isGone = async (nodeID: string) => {
    probed.add(nodeID);
    return dead.has(nodeID);
  };
  Object.assign((api.transit as unknown as { tx: object }).tx, { isGone });
  await until("both to be known", () => nodesWith(api, "scheduler.submitMany").length === 2);
});
test.after(async () => {
  await Promise.all([...brokers, api].map((one) => one.stop()));
});
test.before.each(() => {
  asked.length = sizes.length = 0;
  dead.clear();
  probed.clear();
  for (const name of names) answers.set(name, well);
});

const hand = (bytes = 100) => submit(api, "v1", "x".repeat(bytes), { scope: EVERYTHING });
/** Too much for two of them in one message. */
const LARGE = 400_000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("nodes take turns", async () => {
  for (let i = 0; i < 4; i++) await hand();
  assert.equal(asked.map(([name]) => name).sort(), ["one", "one", "two", "two"]);
});

const tasksOf = (name: string) => asked.filter(([node]) => node === name).map(([, taskId]) => taskId);

test("one that is dead: the other is asked, for the same task; and first for a while", async () => {
  answers.set("one", silent);
  dead.add("one");
  const ids = await Promise.all([hand(LARGE), hand(LARGE)]);
  const byId = Map.groupBy(asked, ([, taskId]) => taskId);
  assert.is(byId.size, 2, "every task has one id");
  assert.equal(ids.map(({ taskId }) => taskId).sort(), [...byId.keys()].sort());
  assert.is(tasksOf("one").length, 1);
  asked.length = 0;
  for (let i = 0; i < 3; i++) await hand();
  assert.equal(
    asked.map(([name]) => name),
    ["two", "two", "two"],
  );
});

test("one that went silent, and is not known to be dead: its task is not handed to the other one", async () => {
  for (const name of names) answers.set(name, silent);
  // Which of them the first one goes to is not said.
  const poison = hand().catch((error: BidaError) => [error.code, error.status, error.retryAfter]);
  await until("it to be there", () => asked.length === 1);
  const [held] = asked.map(([name]) => name) as [string];
  const other = names.find((name) => name !== held) as string;
  answers.set(other, well);
  assert.equal(await poison, ["unanswered", 503, 2]);
  assert.equal(tasksOf(other), []);
  // Others do not wait for it, and one that dies at last gives back what it was handed.
  for (let i = 0; i < 3; i++) await hand();
  assert.is(tasksOf(other).length, 3);
});

/** As a node answers that has begun to stop, and one that offers the action no more. */
const leaving: Answer = async () => {
  throw new Errors.ServiceNotAvailableError({ action: "scheduler.submitMany", nodeID: "one" });
};
const left: Answer = async () => {
  throw new Errors.ServiceNotFoundError({ action: "scheduler.submitMany", nodeID: "two" });
};

test("one that leaves just now has not begun: the other is asked, and who hands over hears nothing of it", async () => {
  // Which of them the first one goes to is not said.
  for (const name of names) answers.set(name, (item) => (asked.length === 1 ? leaving(item) : well(item)));
  const { taskId } = await hand();
  assert.equal(
    asked.map(([, id]) => id),
    [taskId, taskId],
  );
  assert.is(new Set(asked.map(([name]) => name)).size, 2);
  assert.is(probed.size, 0);
});

test("all leave, and one comes back in the meantime: it is asked again; where none does, it is unavailable", async () => {
  answers.set("one", leaving);
  answers.set("two", left);
  const given = hand();
  await until("both to be asked", () => new Set(asked.map(([name]) => name)).size === 2);
  answers.set("two", well);
  await given;
  answers.set("two", left);
  assert.is(await hand().catch((error: BidaError) => error.code), "unavailable");
});

test("one that is silent at first and then known to be dead: what it was handed goes on", async () => {
  answers.set("one", silent);
  answers.set("two", silent);
  const given = hand();
  await until("it to be there", () => asked.length === 1);
  const [[held = "", taskId]] = asked as [[string, string]];
  answers.set(held === "one" ? "two" : "one", well);
  await until("somebody to ask whether it is dead", () => probed.has(held));
  dead.add(held);
  assert.is((await given).taskId, taskId);
  assert.is(asked.length, 2);
});

test("one that is slow but alive is waited for: nothing is handed over twice", async () => {
  const [pinged, committed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const info = async () => {
    pinged.resolve();
    return {};
  };
  const nodes = brokers.map((one) => ({ one, node: one.createService({ name: "node", actions: { info } }) }));
  await api.waitForServices("node");
  for (const name of names)
    answers.set(name, async (item) => {
      await committed.promise;
      return well(item);
    });
  const given = hand();
  await pinged.promise;
  committed.resolve();
  const { taskId } = await given;
  assert.equal(
    asked.map(([, id]) => id),
    [taskId],
  );
  await Promise.all(nodes.map(({ one, node }) => one.destroyService(node)));
});

test("what is handed over together goes in one message, with a result for each", async () => {
  const refusal = refusalTo(new BidaError("invalid_task"), () => undefined);
  let count = 0;
  for (const name of names) answers.set(name, async (item) => (count++ === 1 ? { refusal } : well(item)));
  const results = await Promise.allSettled([hand(), hand(), hand()]);
  assert.equal(sizes, [3]);
  assert.equal(
    results.map((result) => (result.status === "fulfilled" ? result.value.taskId : result.reason.code)),
    [asked[0]?.[1], "invalid_task", asked[2]?.[1]],
  );
});

test("what follows a message at once gathers for the next one", async () => {
  // They gather for a few ms only, which a busy machine may let pass between two of them: then it is tried again.
  for (let tries = 0; tries < 10; tries++) {
    sizes.length = 0;
    const all: Promise<unknown>[] = [];
    for (let i = 0; i < 4; i++) {
      all.push(hand());
      await turn();
    }
    await Promise.all(all);
    assert.is(
      sizes.reduce((sum, size) => sum + size, 0),
      4,
    );
    // The first goes alone, where no message went out just before.
    if (sizes.length <= 2) break;
  }
  assert.ok(sizes.length <= 2, `${sizes}`);
  assert.is(sizes.at(-1), 5 - sizes.length);
});

test("a message stays below NATS's limit", async () => {
  await Promise.all([hand(LARGE), hand(LARGE), hand(LARGE), hand(10)]);
  assert.equal(sizes, [1, 1, 2]);
});

test("a refusal is an answer; what is unavailable here may not be there", async () => {
  for (const name of names) answers.set(name, () => Promise.reject(new BidaError("idempotency_conflict")));
  const refused = await hand().catch((error: BidaError) => error.code);
  assert.equal([refused, asked.length], ["idempotency_conflict", 1]);
  asked.length = 0;
  for (const name of names) answers.set(name, () => Promise.reject(new BidaError("unavailable")));
  const away = await hand().catch((error: BidaError) => error.code);
  assert.equal([away, asked.length], ["unavailable", 2]);
});

test("a node that offers the action itself is not passed by", async () => {
  const [one] = brokers as [ServiceBroker];
  const items = [{ taskId: "a" } as Submission];
  await askAny(one, "scheduler.submitMany", { items }, 100);
  await askAny(one, "scheduler.submitMany", { items }, 100);
  assert.equal(
    asked.map(([name]) => name),
    ["one", "one"],
  );
});

test.run();

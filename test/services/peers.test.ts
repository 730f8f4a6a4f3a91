/** Asking one of several nodes: brokers of one process, that hear each other through Moleculer's own fake transporter. */
import { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BidaError } from "../../core/errors.ts";
import { actionsOf } from "../../services/lib/bus.ts";
import { askAny, nodesWith, submit } from "../../services/lib/peers.ts";
import { until } from "../e2e/kit/until.ts";

const test = suite("peers");
type Answer = (taskIds: string[] | undefined) => Promise<{ taskId: string }>;
/** What each node answers, and which calls it got. */
const answers = new Map<string, Answer>();
const asked: [node: string, taskIds: string[] | undefined][] = [];
const names = ["one", "two"];
let brokers: ServiceBroker[];
let door: ServiceBroker;

const well: Answer = async (taskIds) => ({ taskId: taskIds?.[0] ?? "none" });
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
    const { submit } = actionsOf<"scheduler">({
      submit: (_: unknown, ctx: { meta: { taskIds?: string[] } }) => {
        asked.push([name, ctx.meta.taskIds]);
        return (answers.get(name) as Answer)(ctx.meta.taskIds);
      },
    } as never);
    one.createService({ name: "scheduler", actions: { submit: submit as never } });
    return one;
  });
  door = broker("door");
  await Promise.all([...brokers, door].map((one) => one.start()));
  await until("both to be known", () => nodesWith(door, "scheduler.submit").length === 2);
});
test.after(async () => {
  await Promise.all([...brokers, door].map((one) => one.stop()));
});
test.before.each(() => {
  asked.length = 0;
  for (const name of names) answers.set(name, well);
});

const hand = () => submit(door, "scheduler.submit", {} as never, {});

test("nodes take turns", async () => {
  for (let i = 0; i < 4; i++) await hand();
  assert.equal(asked.map(([name]) => name).sort(), ["one", "one", "two", "two"]);
});

test("one that does not answer: the other is asked, for the same task; and first for a while", async () => {
  answers.set("one", silent);
  const ids = await Promise.all([hand(), hand()]);
  const byId = Map.groupBy(asked, ([, taskIds]) => taskIds?.[0]);
  assert.is(byId.size, 2, "every task has one id");
  assert.equal(ids.map(({ taskId }) => taskId).sort(), [...byId.keys()].sort());
  assert.is(asked.filter(([name]) => name === "one").length, 1);
  asked.length = 0;
  for (let i = 0; i < 3; i++) await hand();
  assert.equal(
    asked.map(([name]) => name),
    ["two", "two", "two"],
  );
});

test("a refusal is an answer; what is unavailable here may not be there", async () => {
  answers.set("two", () => Promise.reject(new BidaError("idempotency_conflict")));
  const refused = await hand().catch((error: BidaError) => error.code);
  assert.equal([refused, asked.length], ["idempotency_conflict", 1]);
  asked.length = 0;
  for (const name of names) answers.set(name, () => Promise.reject(new BidaError("unavailable")));
  const away = await hand().catch((error: BidaError) => error.code);
  assert.equal([away, asked.length], ["unavailable", 2]);
});

test("a node that offers the action itself is not passed by", async () => {
  const [one] = brokers as [ServiceBroker];
  await askAny(one, "scheduler.submit", {} as never, 100);
  await askAny(one, "scheduler.submit", {} as never, 100);
  assert.equal(
    asked.map(([name]) => name),
    ["one", "one"],
  );
});

test.run();

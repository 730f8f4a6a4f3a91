// The app of Dubbo's tasks, looked up where look-ups fail or answer late. @takes 5 s
import { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AppView } from "../../core/people.ts";
import { Owner } from "../../services/dubbo/owner.ts";
import { until } from "../e2e/kit/until.ts";

const test = suite("dubbo owner");
const SILENT = { warn() {}, error() {}, info() {}, debug() {} } as never;
const broker = new ServiceBroker({ logger: false });
let asked = 0;
let answer: (n: number) => unknown;
let owner: Owner;

test.before(async () => {
  broker.createService({ name: "admin", actions: { listApps: () => answer(++asked) } });
  await broker.start();
});
test.before.each(() => {
  asked = 0;
  owner = new Owner(broker, SILENT, "shop");
});
test.after.each(() => owner.stop());
test.after(() => broker.stop());

/** A page with the app. */
const page = (app: Partial<AppView>) => ({
  items: [{ id: 7, name: "shop", disabled: false, ipAllow: [], ratePerSecond: null, ...app }],
  nextCursor: null,
});
const scope = () => {
  try {
    return owner.scopeFor("192.0.2.1");
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test("a look-up that fails is repeated soon, also where the app is known", async () => {
  answer = () => page({});
  await owner.look();
  assert.equal(scope(), { appId: 7 });
  answer = () => Promise.reject(new Error("the database is away"));
  await owner.look();
  assert.equal(scope(), { appId: 7 });
  answer = () => page({ disabled: true });
  await until("the next look", () => scope() === "forbidden", 5_000);
});

test("an answer that comes after that of a later look is ignored", async () => {
  const late = Promise.withResolvers<unknown>();
  answer = (n) => (n === 1 ? late.promise : page({ disabled: true }));
  const first = owner.look();
  await until("it to be asked", () => asked === 1);
  await owner.look();
  assert.is(scope(), "forbidden");
  late.resolve(page({}));
  await first;
  assert.is(scope(), "forbidden");
});

test.run();

// What this machine lacks itself: which failures are its own, and what becomes of the calls it could not make.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Allowance } from "../../actors/allowance.ts";
import { Connections } from "../../actors/connections.ts";
import { deliver } from "../../actors/delivery.ts";
import { guardedConnector } from "../../actors/egress.ts";
import type { LeasedJob } from "../../actors/lease-trust.ts";
import { localFailureOf } from "../../actors/local-failure.ts";
import { NameError } from "../../actors/names/name-error.ts";
import type { Connector } from "../../actors/opening.ts";
import { PutBack } from "../../actors/put-back.ts";
import { Slots } from "../../actors/slots.ts";
import { Sockets } from "../../actors/sockets.ts";
import { systemClock } from "../../core/clock.ts";
import { allowLoopback, httpTarget, job } from "./targets.ts";

const test = suite("local failures");

const coded = (code: string, address?: string) => Object.assign(new Error(code), { code, address });
const faces = (...addresses: string[]) =>
  (() => ({
    eth0: addresses.map((address) => ({
      address,
      internal: address === "::1",
      family: address.includes(":") ? "IPv6" : "IPv4",
      scopeid: address.startsWith("fe80") ? 2 : 0,
    })),
  })) as never;

for (const [error, interfaces, failure] of [
  [coded("EMFILE"), faces(), "sockets"],
  [coded("ENFILE"), faces(), "sockets"],
  [coded("ENOMEM"), faces(), "sockets"],
  [coded("ENOBUFS"), faces(), "sockets"],
  [coded("EADDRNOTAVAIL", "192.0.2.1"), faces(), "sockets"],
  [coded("EADDRNOTAVAIL", "2001:db8::1"), faces("10.0.0.1", "fe80::1"), null],
  [coded("EADDRNOTAVAIL", "2001:db8::1"), faces("2001:db8::2"), "sockets"],
  [coded("EADDRNOTAVAIL", "::1"), faces("2001:db8::2"), null],
  [coded("EADDRNOTAVAIL", "::1"), faces("::1"), "sockets"],
  [coded("EHOSTUNREACH"), faces(), null],
  [coded("ENETUNREACH"), faces(), null],
  [coded("ECONNREFUSED"), faces(), null],
  [new AggregateError([coded("ECONNREFUSED"), coded("EMFILE")]), faces(), "sockets"],
  [new AggregateError([coded("ECONNREFUSED"), coded("ENETUNREACH")]), faces(), null],
  [new Error("outer", { cause: coded("EMFILE") }), faces(), "sockets"],
  [new NameError("gone", "names"), faces(), "names"],
  [new NameError("EMFILE", "sockets"), faces(), "sockets"],
  [new NameError("NXDOMAIN"), faces(), null],
  [null, faces(), null],
] as const) {
  test(`${String(error)} ${(error as { address?: string } | null)?.address ?? ""} is ${failure ?? "not local"}`, () =>
    assert.is(localFailureOf(error, interfaces), failure));
}

test("a call that this machine cannot make has no outcome; one by mail neither", async () => {
  for (const error of [coded("EMFILE"), new NameError("no name server", "names")]) {
    const connector: Connector = (_, callback) => {
      queueMicrotask(() => callback(error, null));
      return undefined;
    };
    const connections = new Connections("http://a.example", { connector });
    const context = { connections, connector, clock: systemClock, node: "n" };
    const mail = { host: "m.example", port: 25, tls: "none", user: null, password: null } as const;
    const text = { from: "a@a.example", to: ["b@b.example"], subject: "s", text: "t" };
    for (const made of [
      job("http://a.example/x"),
      job("http://a.example/x", { mail: { ...mail, ...text } }),
    ]) {
      const end = await deliver(made, context);
      assert.ok("failure" in end, JSON.stringify(end));
      assert.is(end.failure, error instanceof NameError ? "names" : "sockets");
      assert.is(end.error.message, error.message);
    }
  }
});

test("what is put back waits, leaves together, and waits longer the next time; a drain waits for nothing", async () => {
  const rounds: LeasedJob[][] = [];
  let left = Promise.withResolvers<void>();
  const putBack = new PutBack((jobs) => {
    rounds.push(jobs);
    left.resolve();
    left = Promise.withResolvers();
  });
  const some = Array.from({ length: 4 }, () => job("http://a.example/x"));
  const took: number[] = [];
  for (const round of [some.slice(0, 2), some.slice(2, 3)]) {
    const at = performance.now();
    for (const one of round) putBack.add(one);
    await left.promise;
    took.push(performance.now() - at);
  }
  assert.equal(rounds, [some.slice(0, 2), some.slice(2, 3)]);
  assert.ok(took[0]! > 490 && took[1]! > 990, took.join());
  putBack.add(some[3]!);
  putBack.drain();
  assert.equal(rounds[2], [some[3]]);
  putBack.drain();
  assert.is(rounds.length, 3);
});

test("the allowance is what the machine had room for, and grows again step by step to all slots", () => {
  const seen: number[] = [];
  const allowance = new Allowance(64, (slots) => seen.push(slots));
  for (const inFlight of [40, 39, 38]) allowance.exceeded(inFlight);
  assert.equal(seen, [39, 38, 37]);
  // The step right behind a failure is not one.
  allowance.grow();
  assert.is(allowance.slots, 37);
  allowance.grow();
  assert.is(allowance.slots, 39);
  for (let i = 0; i < 20; i++) allowance.grow();
  assert.is(allowance.slots, 64);
});

test("an allowance of nothing becomes one call, however often that fails", () => {
  const allowance = new Allowance(64, () => undefined);
  for (let i = 0; i < 3; i++) {
    allowance.exceeded(1);
    assert.is(allowance.slots, 0);
    allowance.grow();
    assert.is(allowance.slots, 1);
  }
  for (let i = 0; i < 40; i++) allowance.grow();
});

test("slots that become fewer give none until enough came back; more are dealt out at once", () => {
  const slots = new Slots(4);
  const started: number[] = [];
  const accounts = [0, 1, 2, 3].map((i) => slots.open(1, () => started.push(i), "known"));
  for (const account of accounts.slice(0, 3)) account.want("first");
  slots.resize(2);
  accounts[3]?.want("first");
  accounts[0]?.give("first");
  assert.equal(started, [0, 1, 2]);
  accounts[1]?.give("first");
  assert.equal(started, [0, 1, 2, 3]);
  accounts[0]?.want("first");
  assert.is(started.length, 4);
  slots.resize(4);
  assert.equal(started, [0, 1, 2, 3, 0]);
});

test("sockets: for one too many the connection that has idled longest is closed, of whichever destination", async () => {
  const targets = await Promise.all([1, 2, 3].map(() => httpTarget((_, res) => void res.end())));
  const sockets = new Sockets(2);
  const connector = guardedConnector(allowLoopback);
  const all = targets.map(({ url }) => new Connections(url, { connector, sockets }));
  const called = async (connections: Connections, url: string) => {
    const context = { connections, connector, clock: systemClock, node: "n" };
    const end = await deliver(job(`${url}/x`), context);
    assert.ok("attempt" in end && end.attempt?.outcome === "succeeded");
  };
  for (const [i, { url }] of targets.entries()) await called(all[i] as Connections, url);
  while (all[0]?.size !== 0) await new Promise(setImmediate);
  assert.equal(
    all.map(({ size }) => size),
    [0, 1, 1],
  );
  assert.is(sockets.size, 2);
  sockets.closeIdle();
  while (sockets.size > 0) await new Promise(setImmediate);
  await called(all[0] as Connections, targets[0]?.url ?? "");
  for (const connections of all) connections.destroy();
  while (sockets.size > 0) await new Promise(setImmediate);
  await Promise.all(targets.map(({ stop }) => stop()));
});

test("sockets: those that never open, and those that are given up, are counted out again", async () => {
  const sockets = new Sockets();
  const failing: Connector = (_, callback) => {
    queueMicrotask(() => callback(coded("EMFILE"), null));
    return undefined;
  };
  const done = Promise.withResolvers<void>();
  new Connections("http://a.example", { connector: failing, sockets }).open(() => done.resolve());
  assert.is(sockets.size, 1);
  await done.promise;
  assert.is(sockets.size, 0);
  const opening = new Connections("http://a.example", { connector: () => undefined, sockets }).open(() => {});
  opening.destroy();
  opening.destroy();
  assert.is(sockets.size, 0);
});

test.run();

import { Errors } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BidaError, REFUSALS, type RefusalCode } from "../../core/errors.ts";
import { fromWire, toWire } from "../../services/bus/wire-errors.ts";

const test = suite("wire errors");
const silent = () => assert.unreachable("a refusal is not unexpected");

/** What Moleculer makes of an error on its way to another node. */
const sent = ({ name, message, code, type, data, stack }: Errors.MoleculerError) =>
  JSON.parse(JSON.stringify({ name, message, code, type, data, stack, nodeID: "n1" }));

for (const code of Object.keys(REFUSALS) as RefusalCode[]) {
  test(`${code} comes out as it went in`, () => {
    const errors = [{ field: "url", message: "is required" }];
    for (const refusal of [new BidaError(code), new BidaError(code, "Look", { errors, retryAfter: 7 })]) {
      const wire = toWire(refusal, silent) as Errors.MoleculerError;
      assert.equal([wire.type, wire.code], [code, refusal.status]);
      for (const received of [wire, sent(wire)]) {
        const back = fromWire(received);
        assert.instance(back, BidaError);
        assert.equal(
          [back.code, back.message, back.errors, back.retryAfter],
          [code, refusal.message, refusal.errors, refusal.retryAfter],
        );
      }
    }
  });
}

test("nothing of an unexpected error travels, but it is told here", () => {
  const told: unknown[] = [];
  const inside = new TypeError("password=hunter2 at /srv/bida/store.ts");
  const wire = toWire(inside, (cause) => told.push(cause)) as Errors.MoleculerError;
  assert.equal(told, [inside]);
  assert.not.match(JSON.stringify(sent(wire)), /hunter2|srv/);
  assert.is(fromWire(wire).code, "internal");
});

test("a refusal's stack says nothing about our insides", () => {
  assert.is(toWire(new BidaError("not_found"), silent).stack, `not_found: ${REFUSALS.not_found[1]}`);
});

test("an error that was on the wire goes on as it is", () => {
  const wire = toWire(new BidaError("not_found"), silent);
  assert.is(toWire(wire, silent), wire);
});

const FOREIGN: [error: unknown, code: RefusalCode][] = [
  [new Errors.ServiceNotFoundError({ action: "a" }), "unavailable"],
  [new Errors.ServiceNotAvailableError({ action: "a" }), "unavailable"],
  [new Errors.RequestTimeoutError({ action: "a", nodeID: "n" }), "unavailable"],
  [new Errors.RequestRejectedError({ action: "a", nodeID: "n" }), "unavailable"],
  [new Errors.QueueIsFullError({ action: "a", nodeID: "n", size: 1, limit: 1 }), "unavailable"],
  [Object.assign(new Error("gone"), { name: "BrokerDisconnectedError" }), "unavailable"],
  [new Errors.ValidationError("x", "toString", {}), "internal"],
  [new Error("x"), "internal"],
  ["text", "internal"],
];
for (const [error, code] of FOREIGN) {
  test(`${String(error).slice(0, 40)} → ${code}`, () => {
    const back = fromWire(error);
    assert.is(back.code, code);
    assert.is(back.cause, error);
    assert.is(back.retryAfter, code === "unavailable" ? 2 : undefined);
  });
}

test("a refusal is itself", () => {
  const refusal = new BidaError("forbidden");
  assert.is(fromWire(refusal), refusal);
});

test.run();

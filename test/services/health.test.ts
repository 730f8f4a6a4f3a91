/** What `/readyz` tells to whom. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BidaError } from "../../core/errors.ts";
import { healthRoutes } from "../../services/api/health.routes.ts";
import type { RestCall } from "../../services/api/route.ts";

const test = suite("/readyz");

const REASON = "Access denied for user 'bida'@'10.0.0.7' to database at db-3.internal:3306";
const FULL = { scheduler: null, database: REASON, dueSet: null };

async function answer(address: string, isKnown: boolean, ok = false) {
  const route = healthRoutes.find(({ path }) => path === "/readyz");
  const res = { statusCode: 200 };
  const call = {
    broker: {
      metadata: {},
      call: async () => ({ ok, parts: { database: ok ? null : REASON, dueSet: null } }),
    },
    callers: {
      addressOf: () => address,
      identify: async () => {
        if (!isKnown) throw new BidaError("unauthorized");
      },
    },
    req: {},
    res,
  };
  const health = (await route?.handler(call as unknown as RestCall)) as { parts: object };
  return [res.statusCode, health.parts];
}

test("from the machine itself, and with credentials, it says why", async () => {
  for (const address of ["127.0.0.1", "::1"]) assert.equal(await answer(address, false), [503, FULL]);
  assert.equal(await answer("203.0.113.5", true), [503, FULL]);
});

test("strangers are told which part, and nothing of it", async () => {
  const parts = { scheduler: null, database: "not usable", dueSet: null };
  assert.equal(await answer("203.0.113.5", false), [503, parts]);
  assert.equal(await answer("10.0.0.1", false), [503, parts]);
  const well = { scheduler: null, database: null, dueSet: null };
  assert.equal(await answer("203.0.113.5", false, true), [200, well]);
});

test.run();

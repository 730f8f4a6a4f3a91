import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BlockedAddressError, guardedConnector } from "../../actors/egress.ts";
import { callTarget } from "../../actors/http-call.ts";
import { EgressPolicy } from "../../core/addresses.ts";
import { connectionsTo, httpTarget, type Target } from "./targets.ts";

const test = suite("egress");
let target: Target;
let port: string;
let asked = 0;

test.before(async () => {
  target = await httpTarget((_, res) => {
    asked += 1;
    res.end("ok");
  });
  port = new URL(target.url).port;
});
test.before.each(() => {
  asked = 0;
});
test.after(() => target.stop());

async function reach(host: string, allowed: string[]) {
  const connector = guardedConnector(new EgressPolicy(allowed));
  const connections = connectionsTo(`http://${host}:${port}`, connector);
  const result = await callTarget(connections, {
    method: "GET",
    path: "/",
    headers: {},
    body: null,
    timeoutMs: 5000,
    keepAlive: true,
  });
  connections.destroy();
  return result;
}

// ipaddr notations that URL makes normal, literals, mapped ones, and a name.
const HOSTS = ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"];
for (const host of HOSTS) {
  test(`${host} is blocked where loopback is not allowed, and nothing is sent`, async () => {
    for (const allowed of [[], ["10.0.0.0/8"]]) {
      const { error } = await reach(host, allowed);
      assert.is(error?.code, "blocked");
      assert.match(error?.message ?? "", /which callbacks may not reach \(BIDA_EGRESS_ALLOW\)/);
    }
    assert.is(asked, 0);
  });

  test(`${host} is reached where loopback is allowed`, async () => {
    const { statusCode, error } = await reach(host, ["127.0.0.0/8"]);
    assert.equal([statusCode, error, asked], [200, null, 1]);
  });
}

test("[::1] and metadata are blocked, also as literals", async () => {
  for (const host of ["[::1]", "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]"]) {
    assert.is((await reach(host, ["127.0.0.0/8", "fc00::/7"])).error?.code, "blocked", host);
  }
});

test("what is allowed but has no server is refused, not blocked", async () => {
  const { error } = await reach("127.0.0.2", ["127.0.0.0/8"]);
  assert.is(error?.code, "refused");
});

test("a name that does not resolve", async () => {
  const { error } = await reach("nowhere.invalid", ["127.0.0.0/8"]);
  assert.is(error?.code, "dns");
});

test("the error says so by its code", () => assert.is(new BlockedAddressError("x").code, "BIDA_BLOCKED"));

test.run();

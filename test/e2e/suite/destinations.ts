/** Destinations: breaker, limits, pause and resume, as operators meet them. */
import { setTimeout as pause } from "node:timers/promises";
import * as assert from "uvu/assert";
import type { DestinationView, Page } from "../../../core/contract.ts";
import { laneOf } from "../../../core/ids.ts";
import { clockNow, Receiver } from "../kit/receiver.ts";
import { until } from "../kit/until.ts";
import { ADMIN } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

export function destinationSuite({ test, world }: Suite): void {
  /** A receiver of its own: what happens to it concerns nobody else. */
  const withReceiver = async (body: (receiver: Receiver, path: string) => Promise<void>) => {
    const receiver = await Receiver.start();
    try {
      await body(receiver, `/v1/destinations/${encodeURIComponent(receiver.origin)}`);
    } finally {
      await receiver.stop();
    }
  };
  /** It is known a moment after the first task for it was accepted. */
  const get = (path: string): Promise<DestinationView> =>
    until("the origin to be listed", async () => {
      const answer = await world().api("GET", path);
      return answer.status === 200 ? answer.json : null;
    });
  const patch = (path: string, body: object) => world().api("PATCH", path, body);

  test("an origin is listed once it has been called, and can be found", async () => {
    await withReceiver(async (receiver, path) => {
      await world().ended(await world().submit({ url: receiver.url() }));
      const view = await get(path);
      assert.equal([view.origin, view.paused, view.breaker.state], [receiver.origin, false, "closed"]);
      const port = new URL(receiver.origin).port;
      const { items }: Page<DestinationView> = (await world().api("GET", `/v1/destinations?q=${port}`)).json;
      assert.equal(
        items.map(({ origin }) => origin),
        [receiver.origin],
      );
    });
  });

  test("failures in a row open the breaker; waiting costs no attempt; a probe that succeeds closes it", async () => {
    await withReceiver(async (receiver, path) => {
      let broken = true;
      const url = receiver.url((res) => void res.writeHead(broken ? 500 : 200).end());
      const ids = await Promise.all(
        Array.from({ length: 60 }, () =>
          world().submit({ url, limitCallCount: 100, retry: { strategy: "fixed", delayMs: 250 } }),
        ),
      );
      await until("the breaker to open", async () => (await get(path)).breaker.state !== "closed", 40_000);
      const open = await get(path);
      assert.ok(open.breaker.failures >= 20 && open.breaker.since !== null);
      const opened: Page<DestinationView> = (await world().api("GET", "/v1/destinations?state=open")).json;
      assert.ok(opened.items.some(({ origin }) => origin === receiver.origin));
      broken = false;
      for (const id of ids) {
        const task = await world().ended(id);
        assert.is(task.state, "succeeded");
      }
      assert.is((await get(path)).breaker.state, "closed");
    });
  });

  test("a breaker can be reset, and switched off", async () => {
    await withReceiver(async (receiver, path) => {
      const fail = (limitCallCount: number) =>
        Promise.all(
          Array.from({ length: 40 }, () =>
            world().submit({
              url: receiver.url({ status: 503 }),
              limitCallCount,
              retry: { strategy: "fixed", delayMs: 250 },
            }),
          ),
        );
      const stubborn = await fail(100);
      await until("the breaker to open", async () => (await get(path)).breaker.state !== "closed", 40_000);
      const answer = await patch(path, { breaker: { enabled: false, reset: true } });
      assert.equal([answer.status, answer.json.breaker.state], [200, "closed"]);
      for (const id of await fail(2)) assert.is((await world().ended(id)).state, "exhausted");
      assert.is((await get(path)).breaker.state, "closed");
      // Without a breaker they would be called thousands of times more, beside the tests that follow.
      for (const id of stubborn) await world().api("POST", `/v1/tasks/${id}/cancel`);
    });
  });

  test("a paused destination is not called, and goes on when it is resumed", async () => {
    await withReceiver(async (receiver, path) => {
      assert.is((await patch(path, { paused: true })).status, 200);
      const id = await world().submit({ url: receiver.url() });
      await until("the task to wait", async () => (await get(path)).ready === 1);
      assert.is(receiver.calls(id).length, 0);
      const { items }: Page<DestinationView> = (await world().api("GET", "/v1/destinations?state=paused"))
        .json;
      assert.equal(
        items.map(({ origin }) => origin),
        [receiver.origin],
      );
      assert.is((await patch(path, { paused: false })).status, 200);
      assert.is((await world().ended(id)).state, "succeeded");
    });
  });

  test("a limit of concurrency holds", async () => {
    await withReceiver(async (receiver, path) => {
      await patch(path, { concurrency: 2 });
      let now = 0;
      let most = 0;
      const url = receiver.url(async (res) => {
        most = Math.max(most, ++now);
        await pause(200);
        now -= 1;
        res.end();
      });
      const ids = await Promise.all(Array.from({ length: 12 }, () => world().submit({ url })));
      for (const id of ids) await world().ended(id);
      assert.is(most, 2);
    });
  });

  test("without keep-alive each call comes on a connection of its own, within about a second", async () => {
    await withReceiver(async (receiver, path) => {
      const ports: (number | undefined)[] = [];
      const said: (string | undefined)[] = [];
      const url = receiver.url((res, _, req) => {
        ports.push(req.socket.remotePort);
        said.push(req.headers.connection);
        res.end();
      });
      const call = async () => world().ended(await world().submit({ url }));
      await call();
      assert.equal(said, ["keep-alive"]);
      const changed = await patch(path, { keepAlive: false });
      assert.equal([changed.status, changed.json.keepAlive], [200, false]);
      await until("calls without keep-alive", async () => {
        await call();
        return said.length > 3 && said.slice(-3).every((value) => value === "close");
      });
      ports.length = 0;
      for (let i = 0; i < 3; i++) await call();
      assert.is(new Set(ports).size, 3);
      assert.is((await patch(path, { keepAlive: true })).json.keepAlive, true);
      await until("calls with keep-alive", async () => {
        await call();
        return said.at(-1) === "keep-alive";
      });
    });
  });

  test("a rate holds", async () => {
    await withReceiver(async (receiver, path) => {
      await patch(path, { ratePerSecond: 5 });
      const from = clockNow();
      const ids = await Promise.all(
        Array.from({ length: 12 }, () => world().submit({ url: receiver.url() })),
      );
      for (const id of ids) await world().ended(id);
      const times = ids.flatMap((id) => receiver.calls(id).map(({ at }) => at)).sort((a, b) => a - b);
      // Five at once, the other seven one every 200 ms.
      assert.ok((times.at(-1) ?? 0) - from >= 1_200, `${from}: ${times}`);
    });
  });

  const REFUSED: [name: string, path: string, body: object, field: string][] = [
    ["no origin", "/v1/destinations/abc", {}, "origin"],
    ["a path", `/v1/destinations/${encodeURIComponent("http://a/b")}`, {}, "origin"],
    [
      "concurrency 0",
      `/v1/destinations/${encodeURIComponent("http://a")}`,
      { concurrency: 0 },
      "concurrency",
    ],
    [
      "half a call",
      `/v1/destinations/${encodeURIComponent("http://a")}`,
      { concurrency: 1.5 },
      "concurrency",
    ],
    [
      "more than a cluster should call",
      `/v1/destinations/${encodeURIComponent("http://a")}`,
      { concurrency: 4_097 },
      "concurrency",
    ],
    ["rate 0", `/v1/destinations/${encodeURIComponent("http://a")}`, { ratePerSecond: 0 }, "ratePerSecond"],
    ["no keep-alive", `/v1/destinations/${encodeURIComponent("http://a")}`, { keepAlive: 0 }, "keepAlive"],
    ["an unknown field", `/v1/destinations/${encodeURIComponent("http://a")}`, { pause: true }, "pause"],
  ];
  for (const [name, path, body, field] of REFUSED) {
    test(`a change with ${name} is refused and names the field`, async () => {
      const { status, json } = await patch(path, body);
      assert.is(status, 400);
      assert.equal(
        json.errors.map((error: { field: string }) => error.field),
        [field],
      );
    });
  }

  test("a destination that was never called is 404; an unknown origin may be set beforehand", async () => {
    const path = `/v1/destinations/${encodeURIComponent(`http://never-${laneOf(String(Math.random())).replace(/\W/g, "x").toLowerCase()}.test`)}`;
    assert.is((await world().api("GET", path)).status, 404);
    assert.is((await patch(path, { paused: true })).status, 200);
    assert.is((await get(path)).paused, true);
    assert.is((await world().api("GET", path, undefined, { ...ADMIN, authorization: "" })).status, 401);
  });
}

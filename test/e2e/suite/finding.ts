/** Finding: the same filters in lists, exports, dry runs and work on many; one search; suggestions; views; business keys. */
import * as assert from "uvu/assert";
import type { SearchAnswer, SearchGroup } from "../../../core/contract.ts";
import { until } from "../kit/until.ts";
import { quick } from "../kit/world.ts";
import { newUser } from "./access.ts";
import type { Suite } from "./suite.ts";

const fresh = (): string => `find${Math.random().toString(36).slice(2)}`;

export function findingSuite({ test, world }: Suite): void {
  const get = (path: string, headers?: Record<string, string>) =>
    world().api("GET", path, undefined, headers);
  const idsOf = (items: { taskId: string }[]) => items.map(({ taskId }) => taskId);
  const search = async (text: string): Promise<SearchAnswer["groups"]> =>
    (await get(`/v1/search?${new URLSearchParams({ text })}`)).json.groups;
  const groupOf = <P extends SearchGroup["place"]>(groups: SearchGroup[], place: P) =>
    groups.find((one): one is Extract<SearchGroup, { place: P }> => one.place === place);
  const foundAt = async (text: string, place: SearchGroup["place"]): Promise<string[]> =>
    idsOf((groupOf(await search(text), place)?.items ?? []) as { taskId: string }[]);

  test("only what was refused is retried: the filters of lists, exports, dry runs and jobs are the same", async () => {
    const tag = fresh();
    const { receiver } = world();
    const once = { limitCallCount: 1, sourceAppName: tag };
    const closed = "http://127.0.0.1:9/closed";
    const [refused, wrong, ok] = await Promise.all([
      world().submit({ ...once, url: closed }),
      world().submit({ ...once, url: receiver.url(503), orderKey: tag }),
      world().submit({ ...once, url: `${receiver.url()}?order={id}`, requestParam: { id: tag } }),
    ]);
    for (const id of [refused, wrong, ok]) await world().ended(id);
    const finished = (await world().task(ok)).finishedAt as string;
    const later = new Date(Date.parse(finished) + 1).toISOString();
    const origin = receiver.origin;
    const cases: [filter: Record<string, unknown>, ...ids: string[]][] = [
      [{ errorCode: ["refused"] }, refused],
      [{ errorCode: ["refused", "bad_status"] }, refused, wrong],
      [{ status: [503] }, wrong],
      [{ status: ["5xx", 200] }, wrong, ok],
      [{ destination: origin }, wrong, ok],
      [{ orderKey: tag }, wrong],
      [{ url: `order=${tag}` }, ok],
      [{ url: "{id}" }],
      [{ finishedFrom: finished, finishedTo: later, state: ["succeeded"] }, ok],
      [{ app: "nobody" }],
      [{ errorCode: ["refused"], status: ["5xx"] }],
    ];
    for (const [filter, ...ids] of cases) {
      const whole = { ...filter, sourceAppName: tag };
      const name = JSON.stringify(filter);
      const query = new URLSearchParams();
      for (const [key, value] of Object.entries(whole))
        for (const one of [value].flat()) query.append(key, String(one));
      assert.equal(idsOf((await get(`/v1/tasks?${query}`)).json.items).sort(), ids.toSorted(), name);
      const file = await get(`/v1/tasks/export?format=jsonl&${query}`);
      const lines = file.text.trim() === "" ? [] : file.text.trim().split("\n");
      assert.equal(idsOf(lines.map((line) => JSON.parse(line))).sort(), ids.toSorted(), name);
      const dry = await world().api("POST", "/v1/tasks/retry", { filter: whole, dryRun: true });
      assert.equal([dry.status, dry.json.matched], [200, ids.length], name);
    }
    const filter = { state: ["exhausted"], errorCode: ["refused"], sourceAppName: tag };
    const done = await world().api("POST", "/v1/tasks/retry", { filter });
    assert.equal([done.json.matched, done.json.changed], [1, 1]);
    await world().when(refused, ({ callCount }) => callCount === 2);
    // One value is a list of one, as in a query.
    const single = { state: "exhausted", errorCode: "refused", sourceAppName: tag };
    const again = await world().api("POST", "/v1/tasks/retry", { filter: single, dryRun: true });
    assert.is(again.status, 200, again.text);
    assert.is((await world().api("POST", "/v1/tasks/retry", { filter: "all" })).status, 400);
    assert.is((await world().task(wrong)).callCount, 1);
  });

  test("a filter that cannot be meant is refused, naming it", async () => {
    const queries: [query: string, field: string][] = [
      ["status=99", "status.0"],
      ["status=6xx", "status.0"],
      ["destination=not-an-origin", "destination"],
      ["errorCode=", "errorCode.0"],
      ["finishedFrom=noon", "finishedFrom"],
      ["businessKey=", "businessKey"],
    ];
    for (const [query, field] of queries) {
      const { status, json } = await get(`/v1/tasks?${query}`);
      assert.equal([status, json.errors?.[0]?.field], [400, field], query);
    }
    const { status, json } = await world().api("POST", "/v1/tasks/retry", { filter: { status: ["x"] } });
    assert.equal([status, json.errors[0].field], [400, "filter.status.0"]);
    const worst = (await get("/v1/tasks?status=99")).json.errors[0].message;
    assert.is(worst, 'must be a status code, 100 to 599, or "2xx", "3xx", "4xx", "5xx"');
    assert.is((await get("/v1/search?text=")).status, 400);
    assert.is((await get("/v1/tasks/suggestions?field=payload")).status, 400);
  });

  test("a filter takes as many values as it says, and none is dropped", async () => {
    const many = (count: number, one: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => one(i)).join("&");
    const refusal = async (query: string) => {
      const { status, json } = await get(`/v1/tasks?${query}`);
      return [status, json.errors?.[0]];
    };
    for (const field of ["status", "errorCode"]) {
      const values = (count: number) => many(count, (i) => `${field}=${400 + i}`);
      assert.equal(await refusal(values(50)), [200, undefined]);
      assert.equal(await refusal(values(51)), [400, { field, message: "takes at most 50" }]);
      assert.equal(await refusal(values(900)), [400, { field, message: "takes at most 50" }]);
    }
    assert.equal((await get(`/v1/tasks?${"&".repeat(1_200)}app=nobody`)).json.items, []);
    const states = await get(`/v1/jobs?${many(50, () => "state=running")}`);
    assert.equal([states.status, states.json.errors?.[0]?.field], [400, "state"]);
    for (const field of ["state", "errorCode", "status"]) {
      const { status, json } = await world().api("POST", "/v1/tasks/cancel", { filter: { [field]: [] } });
      assert.equal(
        [status, json.errors],
        [400, [{ field: `filter.${field}`, message: "must not be empty" }]],
      );
    }
    assert.equal(await refusal("errorCode[]=refused"), [
      400,
      { field: "errorCode[]", message: "is not a known field" },
    ]);
    for (const path of ["/v1/tasks", "/v1/views", "/v1/audit/names", "/v1/apps", "/v1/nodes"])
      for (const field of ["page2", "constructor", "toString"]) {
        const { status, json } = await get(`${path}?${field}=1`);
        assert.equal(
          [status, json.code, json.errors],
          [400, "invalid_query", [{ field, message: "is not a known field" }]],
          path,
        );
      }
  });

  test("an app's business key: in lists and in the task, as a filter, and found; of new tasks only", async () => {
    const name = fresh();
    const app = await world().app(name);
    const no = fresh();
    const submit = async (requestParam: object) => {
      const task = quick({ url: world().receiver.url(), requestParam });
      const { json } = await world().api("POST", "/v1/tasks", task, app.headers);
      await world().ended(json.taskId);
      return json.taskId as string;
    };
    const before = await submit({ orderNo: no });
    assert.is((await world().task(before)).businessKey, null);
    const set = (businessKeyPath: string | null) =>
      world().api("PATCH", `/v1/apps/${app.id}`, { businessKeyPath });
    assert.equal((await set("$.orderNo")).json.businessKeyPath, "$.orderNo");
    const bad = await set("$[");
    assert.equal([bad.status, bad.json.errors[0].field], [400, "businessKeyPath"]);
    // Schedulers are told, and do not make tasks wait for it.
    let taskId = "";
    await until("a task with its business key", async () => {
      taskId = await submit({ orderNo: no });
      return (await world().task(taskId)).businessKey === no;
    });
    assert.equal(idsOf((await get(`/v1/tasks?businessKey=${no}`)).json.items)[0], taskId);
    assert.equal((await foundAt(no, "businessKey"))[0], taskId);
    assert.equal((await foundAt(no.slice(0, 8), "businessKey")).includes(taskId), true);
    const { items } = (await get(`/v1/tasks/suggestions?field=businessKey&text=${no.slice(0, 8)}`)).json;
    assert.ok(items.includes(no));
    // Its copy has it too; what is secret has none.
    const copy = await world().api("POST", `/v1/tasks/${taskId}/resend`, { note: "again" });
    assert.is((await world().task(copy.json.taskId)).businessKey, no);
    assert.equal(
      idsOf((await get(`/v1/tasks?app=${name}&businessKey=${no}`)).json.items)[0],
      copy.json.taskId,
    );
    const own = await get(`/v1/tasks?businessKey=${no}`, app.headers);
    assert.equal(idsOf(own.json.items)[0], copy.json.taskId);
    await world().api("DELETE", `/v1/apps/${app.id}`);
    const former = await get(`/v1/tasks?app=${name}&businessKey=${no}`);
    assert.equal(idsOf(former.json.items)[0], copy.json.taskId, "of an app that is gone");
  });

  test("one search looks at every place, and says of each what it found", async () => {
    const tag = fresh();
    const app = await world().app(`${tag}-app`);
    const key = `${tag}-key`;
    const submit = (task: Record<string, unknown>, headers = {}) =>
      world().api("POST", "/v1/tasks", quick(task), { ...app.headers, ...headers });
    const url = world().receiver.url();
    const ordered = (await submit({ url, orderKey: `${tag}-order` })).json.taskId;
    const keyed = (await submit({ url }, { "idempotency-key": key })).json.taskId;
    const paid = (await submit({ url, requestParam: { deep: { text: `${tag}-payload` } } })).json.taskId;
    const placed = (await submit({ url: `${url}/{id}`, requestParam: { id: `${tag}-url` } })).json.taskId;
    const bare = {
      url: `https://${tag}.example/`,
      limitCallCount: 1,
      expiresAt: new Date(Date.now() + 600_000),
    };
    const held = (await submit({ ...bare, delayMs: 300_000, sourceAppName: `${tag}-source` })).json.taskId;
    const expected: [text: string, place: SearchGroup["place"], taskId: string][] = [
      [`${tag}-order`, "orderKey", ordered],
      [`${tag}-or`, "orderKey", ordered],
      [key, "idempotencyKey", keyed],
      [`${tag}-payload`, "payload", paid],
      [`${tag}-URL`, "url", placed],
      [held, "taskId", held],
      [`${held.slice(0, 8)}…${held.slice(-6)}`, "taskId", held],
      [held.slice(0, 13), "taskId", held],
    ];
    for (const [text, place, taskId] of expected)
      assert.ok((await foundAt(text, place)).includes(taskId), `${text} at ${place}`);
    const groups = await search(tag);
    const names = groupOf(groups, "app")?.items.map(({ name, field }) => `${field} ${name}`);
    assert.ok(names?.includes(`app ${tag}-app`), JSON.stringify(names));
    assert.ok(names?.includes(`sourceAppName ${tag}-source`), JSON.stringify(names));
    await until("the destination to be noted", async () => {
      const found = groupOf(await search(tag), "destination");
      return found?.items.some(({ origin }) => origin === `https://${tag}.example`);
    });
    const failed = await world().submit({ url: world().receiver.url(418), limitCallCount: 1 });
    await world().ended(failed);
    await until("its incident", async () => {
      const found = groupOf(await search("bad_status"), "incident");
      return found?.items.some(({ statusCode }) => statusCode === 418);
    });
    const nothing = await search(`${tag}-nothing-like-it`);
    assert.equal(nothing.map(({ place }) => place).sort(), PLACES.toSorted());
    assert.ok(nothing.every(({ items, unsearched }) => items.length === 0 && unsearched === null));
    assert.equal((await get(`/v1/tasks/suggestions?field=app&text=${tag}`)).json.items, [`${tag}-app`]);
    const sources = (await get(`/v1/tasks/suggestions?field=sourceAppName&text=${tag}`)).json.items;
    assert.equal(sources, [`${tag}-source`]);
    assert.equal((await get("/v1/tasks/suggestions?field=errorCode&text=refu")).json.items, ["refused"]);
    await world().api("POST", `/v1/tasks/${held}/cancel`);
  });

  test("a view is everybody's to see, and its owner's or an administrator's to change; all of it is audited", async () => {
    const name = fresh();
    const [one, other] = await Promise.all([newUser(world(), "viewer"), newUser(world(), "operator")]);
    const made = await world().api(
      "POST",
      "/v1/views",
      { page: "tasks", name, query: "errorCode=refused" },
      one.headers,
    );
    assert.equal([made.status, made.json.owner], [201, { id: one.id, name: one.username }]);
    const path = `/v1/views/${made.json.id}`;
    const seen = (await get("/v1/views?page=tasks", other.headers)).json.items;
    assert.ok(seen.some(({ id }: { id: number }) => id === made.json.id));
    const taken = { page: "tasks", name, query: "" };
    assert.is((await world().api("POST", "/v1/views", taken, other.headers)).status, 409);
    // One name in two forms of Unicode is one name.
    const accent = (form: "NFC" | "NFD") => ({ ...taken, name: `${name} caf\u00e9`.normalize(form) });
    const first = await world().api("POST", "/v1/views", accent("NFC"), other.headers);
    assert.equal([first.status, first.json.name], [201, accent("NFC").name]);
    assert.is((await world().api("POST", "/v1/views", accent("NFD"), other.headers)).status, 409);
    assert.is((await world().api("DELETE", `/v1/views/${first.json.id}`)).status, 204);
    const turned = await world().api("PATCH", path, { name: `${name} \u202e` }, one.headers);
    assert.equal(turned.json.errors, [
      { field: "name", message: "must not contain characters that turn text around" },
    ]);
    const nothing = await world().api("PATCH", path, {}, one.headers);
    assert.equal([nothing.status, nothing.json.errors?.[0]?.message], [400, "must have name, query or both"]);
    assert.is((await world().api("PATCH", path, { name: "mine" }, other.headers)).status, 403);
    assert.is((await world().api("DELETE", path, undefined, other.headers)).status, 403);
    const renamed = await world().api("PATCH", path, { name: `${name} 2` }, one.headers);
    assert.equal([renamed.json.name, renamed.json.query], [`${name} 2`, "errorCode=refused"]);
    assert.is((await world().api("DELETE", path)).status, 204);
    assert.is((await world().api("DELETE", path)).status, 404);
    const audit = (await get(`/v1/audit?target=view:${made.json.id}`)).json.items;
    assert.equal(
      audit.map(({ action, actor }: { action: string; actor: { name: string } }) => [action, actor.name]),
      [
        ["view.delete", "admin"],
        ["view.change", one.username],
        ["view.create", one.username],
      ],
    );
  });
}

const PLACES: SearchGroup["place"][] = [
  "taskId",
  "businessKey",
  "orderKey",
  "idempotencyKey",
  "url",
  "payload",
  "app",
  "destination",
  "incident",
];

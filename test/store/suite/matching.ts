// Text that people type: names compare exactly, searches find what is seen; the same on both databases.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { destinationOf, parseChannel } from "../../../core/alarm/channel.ts";
import { messageTask } from "../../../core/alarm/message.ts";
import type { Digest } from "../../../core/alarm/notice.ts";
import { EgressPolicy } from "../../../core/egress.ts";
import type { CallErrorCode } from "../../../core/outcome.ts";
import { makeMessages, routeAlarms } from "../../../store/alarm-desk.ts";
import { createApp, listApps } from "../../../store/apps.ts";
import { listAttempts } from "../../../store/attempts.ts";
import { type AuditFilter, listAudit, recordAudits } from "../../../store/audit.ts";
import { countMatching } from "../../../store/change-many.ts";
import type { Database } from "../../../store/database.ts";
import { addOrigins, listDestinations } from "../../../store/destinations.ts";
import { listTasks } from "../../../store/list-tasks.ts";
import type { TaskFilter } from "../../../store/read.ts";
import { recordOutcomes } from "../../../store/record.ts";
import type { StoredTask } from "../../../store/rows.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { SecretBox } from "../../../store/secret-box.ts";
import { findUser, insertUser } from "../../../store/users.ts";
import { createWebhook } from "../../../store/webhooks.ts";
import { json, refusal } from "../../core/helpers.ts";
import { clock, closeDatabase, freshDatabase, given, type Kind, outcome } from "../fixtures.ts";

/** None of them is another one. */
const NAMES = ["shop", "Shop", "shop ", "shop  ", " shop", "shóp", "sho\u0301p", "shop\t", "ſhop", "商店"];

export function matching(kind: Kind): void {
  const test = suite(`${kind.name}: text`);
  const box = new SecretBox(Buffer.alloc(32, 1));
  let db: Database;
  test.before.each(async () => {
    clock.advance(1000);
    db = await freshDatabase(kind);
  });
  test.after.each(() => closeDatabase(db));

  const found = async (filter: TaskFilter) => (await listTasks(db, EVERYTHING, filter, 200, null)).items;
  const eachOnItsOwn = async (list: (name: string) => Promise<unknown[]>) => {
    for (const name of NAMES) assert.equal(await list(name), [name], JSON.stringify(name));
    for (const other of ["SHOP", "sho", "shop   "]) assert.equal(await list(other), [], other);
  };

  test("apps' names of tasks: exactly, in lists and for many at once", async () => {
    await given(db, ...NAMES.map((name) => ({ sourceAppName: name, targetAppName: name })));
    const exact = async () => {
      await eachOnItsOwn(async (name) =>
        (await found({ sourceAppName: name })).map((task) => task.sourceAppName),
      );
      await eachOnItsOwn(async (name) =>
        (await found({ targetAppName: name })).map((task) => task.targetAppName),
      );
      for (const name of NAMES) assert.is(await countMatching(db, EVERYTHING, { sourceAppName: name }), 1);
    };
    await exact();
    if (db.driver.name === "sqlite") return;
    // As a table is after somebody converted it.
    await db.knex.raw("ALTER TABLE tasks CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci");
    await exact();
  });

  test("audit: actor, action and target", async () => {
    const entry = { at: clock.now(), sourceIp: null };
    await recordAudits(
      db,
      NAMES.map((name) => ({
        ...entry,
        actor: { kind: "user" as const, id: 1, name, role: null },
        action: name,
        target: { type: name, id: name },
      })),
    );
    const list = async (filter: AuditFilter) =>
      (await listAudit(db, filter, 200, null)).items.map(({ action }) => action);
    await eachOnItsOwn((name) => list({ actor: name }));
    await eachOnItsOwn((name) => list({ action: name }));
    await eachOnItsOwn((name) => list({ target: { type: name, id: null } }));
    await eachOnItsOwn((name) => list({ target: { type: name, id: name } }));
  });

  test("error codes of calls", async () => {
    const [task] = await given(db, { limitCallCount: 9 });
    await recordOutcomes(db, [outcome(task!, 1, "failed")], clock, () => 0);
    const count = async (errorCode: string) =>
      (await listAttempts(db, EVERYTHING, { errorCode: errorCode as CallErrorCode }, 9, null)).items.length;
    assert.equal(
      [await count("bad_status"), await count("bad_status "), await count("Bad_Status")],
      [1, 0, 0],
    );
  });

  test("users and apps: names that differ in case or accents are different, and found as such", async () => {
    const names = ["anna", "Anna", "änna", "anná", "安娜"];
    for (const username of names) {
      await insertUser(db, { username, role: "viewer", passwordHash: "hash" }, clock.now());
      await createApp(db, box, username, [], clock.now());
    }
    for (const name of names) assert.is((await findUser(db, name))?.username, name);
    for (const name of ["ANNA", "anna ", " anna", "anna\0", "ann"]) assert.is(await findUser(db, name), null);
    assert.equal(
      (await listApps(db, box, 9, null)).items.map(({ name }) => name),
      names,
    );
    const again = { username: "Anna", role: "viewer", passwordHash: "hash" } as const;
    assert.is((await refusal(() => insertUser(db, again, clock.now()))).code, "conflict");
    assert.is((await refusal(() => createApp(db, box, "Anna", [], clock.now()))).code, "conflict");
  });

  test("a digest counts each name for itself", async () => {
    const spec = parseChannel({ url: "https://ops.example/hook" }, new EgressPolicy([]));
    const channel = (await createWebhook(db, box, spec, clock.now())) as number;
    const tasks = await given(
      db,
      ...["shop", "shop ", "Shop", "shop"].map((sourceAppName) => ({ sourceAppName, limitCallCount: 1 })),
    );
    const failed = tasks.map((task) => outcome(task, 1, "failed"));
    await recordOutcomes(db, failed, clock, () => 0);
    await routeAlarms(db, () => () => [channel]);
    let digest: Digest | null = null;
    const compose = (one: Digest) => {
      digest = one;
      return { ...messageTask(spec, one, "http://x"), lane: destinationOf(spec).lane };
    };
    await makeMessages(db, channel, clock.now(), 9, () => ({ kind: "digest" }), compose);
    const { apps } = digest as unknown as Digest;
    assert.equal(apps.map(([name, n]) => `${name}: ${n}`).sort(), ["Shop: 1", "shop : 1", "shop: 2"]);
  });

  const dir = String.raw`C:\dir\new`;
  const PAYLOADS: Record<string, Partial<StoredTask>> = {
    param: {
      requestParam: json({
        path: dir,
        said: 'say "hi"',
        lines: "one\ntwo",
        city: "上海",
        n: { orderId: 70 },
      }),
    },
    raw: { body: `${dir} say "hi"\none\ntwo 上海 http://h/x` },
    json: { body: JSON.stringify({ path: dir, said: 'say "hi"', lines: "one\ntwo", city: "上海" }) },
    python: { body: '{"city": "\\u4e0a\\u6d77", "smile": "\\uD83D\\ude00", "orderId":70}' },
    php: { body: '{"city":"\\u4e0a\\u6d77\\/a","url":"http:\\/\\/h\\/x"}' },
    control: { requestParam: json({ text: "a\u001fb\u007f" }) },
    wild: { requestParam: json({ text: "50%_!" }) },
    letters: { requestParam: json({ text: "Straße ÄRGER ΟΔΟΣΑ Ω" }) },
    none: {},
  };
  const SEARCHES: [q: string, finds: string][] = [
    [dir, "json param raw"],
    [String.raw`c:\DIR`, "json param raw"],
    [String.raw`C:\\dir`, "json param"],
    ['say "hi"', "json param raw"],
    ['SAY "HI', "json param raw"],
    [String.raw`say \"hi\"`, "json param"],
    ["one\ntwo", "json param raw"],
    ["one\r\ntwo", ""],
    [String.raw`one\ntwo`, "json param"],
    [String.raw`ONE\NTWO`, "json param"],
    ["上海", "json param php python raw"],
    ["上海/a", "php"],
    ["\\u4E0A", "php python"],
    ["😀", "python"],
    ["http://h/x", "php raw"],
    ['"orderId":70', "param python"],
    ['"n":{"orderid":7', "param"],
    ['"path":"C:\\\\dir', "json param"],
    ["a\u001fb", "control"],
    ["A\u001fB", "control"],
    ["\\u001F", "control"],
    ["50%_", "wild"],
    ["%", "wild"],
    ["_!", "wild"],
    ["5_%", ""],
    ["straße", "letters"],
    ["ärger", "letters"],
    ["ÄRGER", "letters"],
    ["οδοσ", "letters"],
    ["ΟΔΟΣ", "letters"],
    ["ω", "letters"],
    ["'; DROP TABLE tasks; --", ""],
  ];
  test("a payload is found by what people see in it, and by what is written", async () => {
    const names = Object.keys(PAYLOADS);
    await given(db, ...names.map((sourceAppName) => ({ ...PAYLOADS[sourceAppName], sourceAppName })));
    for (const [q, finds] of SEARCHES) {
      const tasks = await found({ q });
      assert.is(
        tasks
          .map((task) => task.sourceAppName)
          .sort()
          .join(" "),
        finds,
        JSON.stringify(q),
      );
      assert.is(await countMatching(db, EVERYTHING, { q }), tasks.length);
    }
  });

  test("who sees masks finds nothing by what is masked, and all that is not", async () => {
    const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
    await given(
      db,
      { sourceAppName: "open", url: "http://h/open?order=4711&page=Ä#x" },
      { sourceAppName: "query", url: "http://h/query?order=4711&access_token=s3cr3t" },
      { sourceAppName: "encoded", url: "http://h/encoded?%74oken=s3cr3t" },
      { sourceAppName: "jwt", url: `http://h/jwt?state=${JWT}` },
      { sourceAppName: "user", url: "http://s3cr3t:s3cr3t@h/user" },
      { sourceAppName: "param", requestMethod: "GET", requestParam: json({ api_key: "s3cr3t", n: "4711" }) },
      { sourceAppName: "value", requestMethod: "DELETE", requestParam: json({ s: JWT }) },
      {
        sourceAppName: "filler",
        url: "http://h/filler?sign={s}",
        requestParam: json({ s: "s3cr3t", n: "4711" }),
      },
      { sourceAppName: "plain", requestMethod: "GET", requestParam: json({ n: "4711" }) },
      { sourceAppName: "posted", requestParam: json({ token: "s3cr3t" }) },
      // Longer than any query, and than MySQL matches with a pattern.
      {
        sourceAppName: "longGet",
        requestMethod: "GET",
        requestParam: json({ n: "long one", f: "x".repeat(20_000) }),
      },
      { sourceAppName: "longPost", requestParam: json({ n: "long one", f: "x".repeat(200_000) }) },
      { sourceAppName: "body", body: '{"token":"s3cr3t","n":"4711"}' },
    );
    const FINDS: [filter: TaskFilter, masked: string, all: string][] = [
      [{ url: "s3cr3t" }, "", "encoded query user"],
      [{ url: "access_token=s3" }, "", "query"],
      [{ url: "order=4711" }, "open", "open query"],
      [{ url: "PAGE=ä" }, "open", "open"],
      [{ url: "/query" }, "query", "query"],
      [{ url: "h/enCODED" }, "encoded", "encoded"],
      [{ url: "eyJhbGci" }, "", "jwt"],
      [{ url: "h/jwt" }, "jwt", "jwt"],
      [{ url: "h/jwt?" }, "", "jwt"],
      // A token is all there is before the host.
      [{ url: "@h/user" }, "", "user"],
      [{ url: "%74oken" }, "", "encoded"],
      [{ q: "s3cr3t" }, "body posted", "body filler param posted"],
      [{ q: '"api_key":"s3' }, "", "param"],
      [{ q: "4711" }, "body plain", "body filler param plain"],
      [{ q: "eyJhbGci" }, "", "value"],
      [{ q: "long one" }, "longPost", "longGet longPost"],
    ];
    for (const [filter, masked, all] of FINDS)
      for (const [shown, names] of [
        [{ masked: true }, masked],
        [{ masked: false }, all],
      ] as const) {
        const tasks = await found({ ...filter, ...shown });
        const seen = tasks.map((task) => task.sourceAppName).toSorted();
        assert.is(seen.join(" "), names, JSON.stringify({ ...filter, ...shown }));
        assert.is(await countMatching(db, EVERYTHING, { ...filter, ...shown }), seen.length);
      }
  });

  test("parts of URLs and origins: case makes no difference, wildcards are themselves", async () => {
    await given(db, { url: "http://h/Über/50%25_a" }, { url: "http://h/uber/50xx" });
    const urls = async (url: string) => (await found({ url })).length;
    assert.equal(
      [await urls("über"), await urls("ÜBER"), await urls("UBER"), await urls("50%"), await urls("50_")],
      [1, 1, 1, 1, 0],
    );
    await addOrigins(db, ["https://a.example", "https://b_a.example"], clock.now());
    const origins = async (q: string) => (await listDestinations(db, { q }, 9, null)).items.length;
    assert.equal([await origins("A.Ex"), await origins("_"), await origins("%")], [2, 1, 0]);
  });

  test.run();
}

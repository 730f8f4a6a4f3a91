import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ConfigError } from "../../core/config.ts";
import { closeDatabase, openDatabase } from "../../store/database.ts";
import { holdExclusive } from "../../store/exclusive.ts";
import { thrown } from "../core/helpers.ts";
import { launch } from "../servers/process.ts";
import { KINDS, type Place } from "./fixtures.ts";

const MODULES = new URL("../../", import.meta.url).href;

/** A process that takes the lock and prints what came of it. */
function holder(place: Place) {
  const script = `
    const { openDatabase } = await import("${MODULES}store/database.ts");
    const { holdExclusive } = await import("${MODULES}store/exclusive.ts");
    const place = ${JSON.stringify(place)};
    try {
      await holdExclusive(openDatabase(place), () => {});
      console.log("held.");
      setInterval(() => {}, 1000);
    } catch (error) {
      console.log(error.name + ": " + error.message + ".");
      process.exit(1);
    }`;
  return launch(process.execPath, ["--input-type=module", "-e", script]);
}

for (const kind of KINDS) {
  const test = suite(`${kind.name}: exclusive`);
  const open = (place: Place) => {
    const db = openDatabase(place);
    return { db, hold: () => holdExclusive(db, () => assert.unreachable("lost")) };
  };

  // A child that is waited for keeps no event loop alive.
  let alive: NodeJS.Timeout;
  test.before(() => {
    alive = setInterval(() => {}, 1000);
  });
  test.after(() => clearInterval(alive));

  test("a second holder is refused with one line, until the first lets go", async () => {
    const place = await kind.place();
    const [one, two] = [open(place), open(place)];
    const release = await one.hold();
    const error = (await thrown(two.hold)) as Error;
    assert.instance(error, ConfigError);
    assert.match(
      error.message,
      /^BIDA_DATA_?[A-Z]+(_URL)?: another Bida process uses .+; stop it, or set BIDA_REDIS_URL$/,
    );
    await one.db.knex.raw("SELECT 1");
    await release();
    await (await two.hold())();
    await Promise.all([closeDatabase(one.db), closeDatabase(two.db)]);
  });

  test("of two databases each has its own lock", async () => {
    const [one, two] = [open(await kind.place()), open(await kind.place())];
    const releases = [await one.hold(), await two.hold()];
    for (const release of releases) await release();
    await Promise.all([closeDatabase(one.db), closeDatabase(two.db)]);
  });

  test("a process that is killed leaves no lock behind", async () => {
    const place = await kind.place();
    const { db, hold } = open(place);
    const other = holder(place);
    await other.printed(/held\./);
    await thrown(hold);
    await other.stop("SIGKILL");
    // The server notices a closed connection by itself, a moment later.
    let release: (() => Promise<void>) | undefined;
    for (const deadline = Date.now() + 10_000; !release && Date.now() < deadline; ) {
      release = await hold().catch(() => undefined);
    }
    assert.ok(release, "still locked");
    const third = holder(place);
    await third.printed(/ConfigError: BIDA_/);
    assert.is(await third.ended, "exit 1");
    await release?.();
    await closeDatabase(db);
  });

  test.run();
}

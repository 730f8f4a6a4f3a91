import { test } from "uvu";
import * as assert from "uvu/assert";
import { isZone, localTime, timestampText } from "../../core/wall-clock.ts";

const AT = Date.UTC(2026, 0, 30, 19, 12, 9, 70);

const SHOWN: [zone: string, local: string, timestamp: string][] = [
  ["UTC", "2026-01-30 19:12:09 +00:00", "2026-01-30 19:12:09.07"],
  ["Asia/Shanghai", "2026-01-31 03:12:09 +08:00", "2026-01-31 03:12:09.07"],
  ["+08:00", "2026-01-31 03:12:09 +08:00", "2026-01-31 03:12:09.07"],
  ["America/St_Johns", "2026-01-30 15:42:09 -03:30", "2026-01-30 15:42:09.07"],
  ["Asia/Kathmandu", "2026-01-31 00:57:09 +05:45", "2026-01-31 00:57:09.07"],
];
for (const [zone, local, timestamp] of SHOWN)
  test(`a moment in ${zone}`, () => {
    assert.is(localTime(AT, zone), local);
    assert.is(timestampText(AT, zone), timestamp);
  });

/** As `java.sql.Timestamp.toString` prints them (OpenJDK 17). */
const FRACTIONS: [ms: number, text: string][] = [
  [0, "1970-01-01 00:00:00.0"],
  [1, "1970-01-01 00:00:00.001"],
  [120, "1970-01-01 00:00:00.12"],
  [500, "1970-01-01 00:00:00.5"],
  [999, "1970-01-01 00:00:00.999"],
  [-1, "1969-12-31 23:59:59.999"],
];
for (const [ms, text] of FRACTIONS)
  test(`${ms} ms as kkbida wrote it`, () => assert.is(timestampText(ms, "UTC"), text));

test("summer time counts, and midnight is 0 o'clock", () => {
  assert.is(localTime(Date.UTC(2026, 6, 1, 22), "Europe/Berlin"), "2026-07-02 00:00:00 +02:00");
  assert.is(localTime(undefined, "UTC"), "");
});

test("without a zone it is the machine's", () => {
  const offset = -new Date(AT).getTimezoneOffset() * 60_000;
  assert.is(localTime(AT).slice(0, 19), new Date(AT + offset).toISOString().slice(0, 19).replace("T", " "));
});

test("what is a zone", () => {
  for (const zone of ["Asia/Shanghai", "UTC", "+08:00", "-03:30"]) assert.ok(isZone(zone), zone);
  for (const zone of ["Shanghai", "+25:00", "GMT+99", "a b"]) assert.not.ok(isZone(zone), zone);
});

test.run();

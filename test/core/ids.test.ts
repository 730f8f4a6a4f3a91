import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  bucketOf,
  laneOf,
  newTaskId,
  originOf,
  parseTaskId,
  taskIdFromBytes,
  taskIdToBytes,
} from "../../core/ids.ts";

const test = suite("ids");

test("ids of one process increase strictly, as text and as bytes, and begin with their time", () => {
  const before = Date.now();
  const ids = Array.from({ length: 5000 }, newTaskId);
  const after = Date.now();
  assert.equal(ids.toSorted(), ids);
  assert.is(new Set(ids).size, ids.length);
  const bytes = ids.map(taskIdToBytes);
  assert.equal(bytes.toSorted(Buffer.compare), bytes);
  const time = bytes[0]!.readUIntBE(0, 6);
  assert.ok(time >= before && time <= after + 1, `${before} ${time} ${after}`);
  assert.match(ids[0]!, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("16 bytes and back", () => {
  const id = newTaskId();
  const bytes = taskIdToBytes(id);
  assert.is(bytes.length, 16);
  assert.is(taskIdFromBytes(bytes), id);
  assert.is(taskIdFromBytes(new Uint8Array(bytes)), id);
});

const TEXTS: [string, string | null][] = [
  ["0198f3a2-0000-7000-8000-000000000001", "0198f3a2-0000-7000-8000-000000000001"],
  ["0198F3A2-0000-7000-8000-00000000000A", "0198f3a2-0000-7000-8000-00000000000a"],
  ["", null],
  ["4711", null],
  ["0198f3a20000700080000000000000001", null],
  ["0198f3a2-0000-7000-8000-00000000000g", null],
  ["0198f3a2-0000-7000-8000-000000000001\n", null],
  [" 0198f3a2-0000-7000-8000-000000000001", null],
];
for (const [text, id] of TEXTS) {
  test(`parseTaskId ${JSON.stringify(text)}`, () => assert.is(parseTaskId(text), id));
}

const ORIGINS: [string, string][] = [
  ["http://a.example/x?y#z", "http://a.example"],
  ["http://A.example:80/", "http://a.example"],
  ["https://a.example:443", "https://a.example"],
  ["https://a.example:8443/x", "https://a.example:8443"],
  ["http://[::1]:8080/", "http://[::1]:8080"],
  ["http://127.1/", "http://127.0.0.1"],
  ["http://必达.example/", "http://xn--35tv18h.example"],
];
for (const [url, origin] of ORIGINS) {
  test(`originOf ${url}`, () => assert.is(originOf(url), origin));
}

test("a lane is short, stable, and another one for another origin", () => {
  assert.is(laneOf("http://a.example"), laneOf("http://a.example"));
  assert.match(laneOf("http://a.example"), /^[\w-]{11}$/);
  const lanes = Array.from({ length: 10_000 }, (_, i) => laneOf(`http://${i}.example`));
  assert.is(new Set(lanes).size, lanes.length);
});

test("buckets: in range, stable, evenly filled", () => {
  const lanes = Array.from({ length: 8000 }, (_, i) => laneOf(`http://${i}.example`));
  for (const count of [1, 2, 7, 8, 64]) {
    const sizes = Array(count).fill(0);
    for (const lane of lanes) {
      const bucket = bucketOf(lane, count);
      assert.is(bucket, bucketOf(lane, count));
      sizes[bucket] += 1;
    }
    assert.is(sizes.length, count);
    const even = lanes.length / count;
    // Five standard deviations.
    for (const size of sizes) assert.ok(Math.abs(size - even) <= 5 * Math.sqrt(even), `${count}: ${sizes}`);
  }
});

test.run();

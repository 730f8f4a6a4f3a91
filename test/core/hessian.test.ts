// Hessian 2.0: every form of the specification, what Java's types become, and bytes that are none of it.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { doubleText } from "../../core/hessian/java-number.ts";
import { jsonOfHessian } from "../../core/hessian/json.ts";
import { HessianReader } from "../../core/hessian/reader.ts";
import {
  HessianError,
  HessianMap,
  type HessianObject,
  type HessianValue,
} from "../../core/hessian/values.ts";
import { hessianInt, hessianMap, hessianObject, hessianString } from "../../core/hessian/writer.ts";
import { membersOf } from "../../core/json/look.ts";
import { readJson } from "../../core/json/text.ts";
import { RICH_AS_SENT, recorded } from "./dubbo/recording.ts";

const test = suite("hessian");

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ""), "hex");
const read = (hex: string): HessianValue => new HessianReader(bytesOf(hex)).value();
const json = (hex: string): string => jsonOfHessian(read(hex), 10_000);
const text = (value: string): string => hessianString(value).toString("hex");
const int = (value: number): string => hessianInt(value).toString("hex");

/** An object of `type` whose fields are given as hex. @param index how many classes are defined before */
const object = (type: string, fields: Record<string, string>, index = 0): string => {
  const names = Object.keys(fields);
  const definition = ["43", text(type), int(names.length), ...names.map(text)].join("");
  return [definition, (0x60 + index).toString(16), ...Object.values(fields)].join("");
};

const SCALARS: [hex: string, json: string][] = [
  ["4e", "null"],
  ["54", "true"],
  ["46", "false"],
  // int: one, two, three and five octets
  ["90", "0"],
  ["80", "-16"],
  ["bf", "47"],
  ["c800", "0"],
  ["c000", "-2048"],
  ["cfff", "2047"],
  ["d40000", "0"],
  ["d00000", "-262144"],
  ["d7ffff", "262143"],
  ["49 7fffffff", "2147483647"],
  ["49 80000000", "-2147483648"],
  // long
  ["e0", "0"],
  ["d8", "-8"],
  ["ef", "15"],
  ["f000", "-2048"],
  ["ffff", "2047"],
  ["380000", "-262144"],
  ["3fffff", "262143"],
  ["59 80000000", "-2147483648"],
  ["4c 7fffffffffffffff", "9223372036854775807"],
  ["4c 8000000000000000", "-9223372036854775808"],
  // double, as Java's BigDecimal writes what Double.toString wrote
  ["5b", "0.0"],
  ["5c", "1.0"],
  ["5d 80", "-128.0"],
  ["5e 7fff", "32767.0"],
  ["5f 000005dc", "1.5"],
  ["5f 0000015e", "0.35000000000000003"],
  ["5f fffffea2", "-0.35000000000000003"],
  ["44 3fb999999999999a", "0.1"],
  ["44 416312d000000000", "1.0E+7"],
  ["44 7ff8000000000000", "null"],
  ["44 fff0000000000000", "null"],
  // dates
  ["4a 0000018bcfe56800", "1700000000000"],
  ["4b 00e3838f", "894621060000"],
  // strings: short, longer, in chunks; half an emoji is a unit of its own
  ["00", '""'],
  ["01 61", '"a"'],
  ["02 e4b88a e6b5b7", '"上海"'],
  ["02 eda0bd edb880", '"\u{1F600}"'],
  ["02 f09f9880", '"\u{1F600}"'],
  ["01 eda0bd", '"\\ud83d"'],
  ["02 c3bf c080", '"ÿ\\u0000"'],
  [`30 20 ${"61".repeat(32)}`, `"${"a".repeat(32)}"`],
  ["52 0001 61 53 0002 6263", '"abc"'],
  ["52 0001 61 01 62", '"ab"'],
  ["52 0001 eda0bd 30 01 edb880", '"\u{1F600}"'],
  // bytes
  ["23 010203", '"AQID"'],
  ["34 03 010203", '"AQID"'],
  ["42 0003 010203", '"AQID"'],
  ["41 0001 01 42 0002 0203", '"AQID"'],
  ["41 0001 01 22 0203", '"AQID"'],
  // lists: typed and not, with a length and without, and types by their number
  ["78", "[]"],
  ["7a 90 91", "[0,1]"],
  ["57 90 91 5a", "[0,1]"],
  ["58 92 90 91", "[0,1]"],
  ["72 04 5b696e74 91 92", "[1,2]"],
  ["56 04 5b696e74 92 91 92", "[1,2]"],
  ["55 04 5b696e74 91 92 5a", "[1,2]"],
  ["7a 71 01 78 91 71 90 92", "[[1],[2]]"],
  // maps; a key is a key
  ["48 5a", "{}"],
  ["48 01 61 90 5a", '{"a":0}'],
  ["4d 01 78 01 61 90 5a", '{"a":0}'],
  ["7a 4d 01 78 5a 4d 90 5a", "[{},{}]"],
  [`48 ${text("__proto__")} 91 5a`, '{"__proto__":1}'],
  ["48 91 92 54 93 4e 94 5a", '{"1":2,"true":3,"null":4}'],
  // null members are left out, in lists they stay; of a key that stands twice the last one counts
  ["48 01 61 4e 01 62 79 4e 5a", '{"b":[null]}'],
  ["48 91 92 01 31 93 5a", '{"1":3}'],
  // references
  ["7a 79 91 51 91", "[[1],[1]]"],
  // objects of classes that kkbida does not know
  [object("a.Point", { x: "91", y: "4e", z: "5c" }), '{"x":1,"z":1.0}'],
  [`7a ${object("a.P", { x: "91" })} 60 92`, '[{"x":1},{"x":2}]'],
  [`7a ${object("a.P", { x: "91" })} 4f 90 92`, '[{"x":1},{"x":2}]'],
  [object("a.Color", { name: text("RED") }), '{"name":"RED"}'],
  // Java's own
  [object("java.math.BigDecimal", { value: text("-0.10") }), "-0.10"],
  [object("java.math.BigDecimal", { value: text("1E+3") }), "1E+3"],
  [object("java.math.BigDecimal", { value: text("1e,") }), '{"value":"1e,"}'],
  [object("java.math.BigInteger", { signum: "8f", mag: "72 04 5b696e74 91 49ffffffff" }), "-8589934591"],
  [object("java.math.BigInteger", { signum: "90", mag: "70 04 5b696e74" }), "0"],
  [object("java.sql.Timestamp", { value: "4a 0000018bcfe5687b" }), "1700000000123"],
  [object("java.sql.Date", { value: "4a 0000018bcfe56800" }), "1700000000000"],
  [object("java.util.concurrent.atomic.AtomicLong", { value: "4c 7fffffffffffffff" }), "9223372036854775807"],
  [object("java.util.concurrent.TimeUnit", { name: text("DAYS") }), '"DAYS"'],
  [
    object("java.util.UUID", { mostSigBits: "4c ffffffffffffffff", leastSigBits: "e1" }),
    '"ffffffff-ffff-ffff-0000-000000000001"',
  ],
  [object("com.alibaba.com.caucho.hessian.io.LocaleHandle", { value: text("zh_CN") }), '"zh_CN"'],
  [
    object("com.alibaba.com.caucho.hessian.io.CalendarHandle", { type: "4e", date: "4a 0000018bcfe56800" }),
    "1700000000000",
  ],
];

test("every form of the specification, and Java's own types", () => {
  for (const [hex, expected] of SCALARS) assert.is(json(hex), expected, hex);
});

const JAVA8 = "com.alibaba.com.caucho.hessian.io.java8.";
const time = (name: string, fields: Record<string, string>, index = 0) =>
  object(`${JAVA8}${name}Handle`, fields, index);
const date = time("LocalDate", { year: int(2023), month: int(1), day: int(5) }, 1);
const clock = time("LocalTime", { hour: int(9), minute: int(3), second: int(0), nano: int(5_000_000) }, 2);

const TIMES: [hex: string, json: string][] = [
  [time("LocalDate", { year: int(2023), month: int(1), day: int(5) }), "2023-01-05"],
  [time("LocalDate", { year: int(-44), month: int(3), day: int(15) }), "-0044-03-15"],
  [time("LocalDate", { year: int(12345), month: int(3), day: int(15) }), "+12345-03-15"],
  [time("LocalTime", { hour: int(9), minute: int(3), second: int(0), nano: int(0) }), "09:03"],
  [time("LocalTime", { hour: int(9), minute: int(3), second: int(7), nano: int(0) }), "09:03:07"],
  [time("LocalTime", { hour: int(9), minute: int(3), second: int(7), nano: int(1_000) }), "09:03:07.000001"],
  [time("LocalTime", { hour: int(9), minute: int(3), second: int(7), nano: int(1) }), "09:03:07.000000001"],
  [time("LocalDateTime", { date, time: clock }), "2023-01-05T09:03:00.005"],
  [time("Instant", { seconds: "4c 000000006553f100", nanos: int(120_000_000) }), "2023-11-14T22:13:20.120Z"],
  [time("Year", { year: int(2023) }), "2023"],
  [time("YearMonth", { year: int(2023), month: int(7) }), "2023-07"],
  [time("MonthDay", { month: int(7), day: int(9) }), "--07-09"],
  [time("ZoneOffset", { seconds: int(0) }), "Z"],
  [time("ZoneOffset", { seconds: int(-12_600) }), "-03:30"],
  [time("ZoneId", { zoneId: text("Asia/Shanghai") }), "Asia/Shanghai"],
  [time("Period", { years: int(1), months: int(0), days: int(-3) }), "P1Y-3D"],
  [time("Period", { years: int(0), months: int(0), days: int(0) }), "P0D"],
  [time("Duration", { seconds: "4c 000000000000719c", nanos: int(345_000_000) }), "PT8H4M44.345S"],
  [time("Duration", { seconds: "df", nanos: int(500_000_000) }), "PT-0.5S"],
];

test("java.time as Java's toString writes it", () => {
  for (const [hex, expected] of TIMES) assert.is(json(hex), JSON.stringify(expected), expected);
});

test("a value of java.time that lacks a field shows its fields", () => {
  assert.is(json(time("LocalDate", { year: int(2023) })), '{"year":2023}');
});

test("doubles are the text that Java's Double and BigDecimal make of them, and the same double again", () => {
  const table: [number, string][] = [
    [0.001, "0.001"],
    [0.0001, "0.00010"],
    [0.00001234, "0.00001234"],
    [1e-7, "1.0E-7"],
    [9_999_999.5, "9999999.5"],
    [123_456_789.5, "123456789.5"],
    [1e23, "1.0E+23"],
    [-2.5, "-2.5"],
    [Number.MAX_VALUE, "1.7976931348623157E+308"],
  ];
  for (const [value, expected] of table) assert.is(doubleText(value), expected);
  for (let i = 0; i < 2_000; i++) {
    const value = (Math.random() - 0.5) * 10 ** Math.trunc(Math.random() * 60 - 30);
    assert.is(Number(doubleText(value)), value);
    assert.is(readJson(doubleText(value) as string), doubleText(value));
  }
});

test("the recorded parameters arrive as kkbida rendered them, to the last digit", () => {
  const reader = new HessianReader(recorded("rich").request.subarray(16));
  for (let i = 0; i < 5; i++) reader.value();
  const task = reader.value() as HessianObject;
  const param = jsonOfHessian(task.fields.get("requestParam") as HessianValue, 1_000_000);
  const sorted = (json: string) => [...membersOf(readJson(json))].sort();
  assert.equal(sorted(param), sorted(RICH_AS_SENT));
  const reordered = reader.value();
  assert.instance(reordered, HessianMap);
  assert.is(reader.offset, recorded("rich").request.length - 16);
});

test("what is written is read again", () => {
  const texts = ["", "a", "上海", "\u{1F600}", "\ud83d", "x".repeat(31), "x".repeat(32), "é".repeat(70_000)];
  for (const one of texts) assert.is(new HessianReader(hessianString(one)).value(), one);
  for (const n of [-17, -16, 0, 47, 48, 2 ** 31 - 1]) assert.is(new HessianReader(hessianInt(n)).value(), n);
  const map = new HessianReader(hessianMap({ a: "b", __proto: "c" })).value() as HessianMap;
  assert.equal(map.entries, [
    ["a", "b"],
    ["__proto", "c"],
  ]);
  const made = new HessianReader(hessianObject("a.B", { c: "d" })).value() as HessianObject;
  assert.is(made.type, "a.B");
  assert.equal([...made.fields], [["c", "d"]]);
});

const BROKEN: [what: string, hex: string, words: RegExp][] = [
  ["nothing", "", /end within/],
  ["a reserved tag", "40", /begins no value/],
  ["an end without a beginning", "5a", /begins no value/],
  ["a long without its bytes", "4c 0000", /end within/],
  ["a string that is longer than the bytes", "53 ffff 61", /ends too early/],
  ["a lone continuation byte", "01 80", /CESU-8/],
  ["a byte that no UTF-8 has", "01 ff", /CESU-8/],
  ["a cut character", "01 e4b8", /CESU-8|early/],
  ["a chunk without an end", "52 0001 61", /end within/],
  ["a chunk that is followed by a number", "52 0001 61 90", /followed by none/],
  ["bytes that are followed by a number", "41 0001 61 90", /followed by none/],
  ["a list that is longer than all bytes", "58 49 7fffffff 90", /longer than/],
  ["a list of negative length", "58 8f", /longer than/],
  ["a list that does not end", "57 90", /end within/],
  ["a map without the last value", "48 90 5a", /begins no value/],
  ["a reference to nothing", "51 90", /leads nowhere/],
  ["a negative reference", "51 8f", /leads nowhere/],
  ["a reference that is a text", "51 01 61", /no int/],
  ["an object without a class", "60", /not defined/],
  ["a class with a name that is none", "43 90 90 60", /name/],
  ["a class with too many fields", "43 01 61 49 7fffffff 60", /more than/],
  ["a type that nobody named", "71 90 90", /known number/],
  ["a type that is a list", "71 78 90", /known number/],
  ["lists in lists", "79".repeat(1_000_000), /nested deeper/],
  ["maps as types of maps", "4d".repeat(1_000_000), /nested deeper/],
  ["lengths of lists that are lists", "58".repeat(1_000_000), /nested deeper/],
  ["objects whose class is an object", "4f".repeat(1_000_000), /nested deeper/],
  ["names that are class definitions", "43".repeat(1_000_000), /nested deeper/],
  ["references that are references", "51".repeat(1_000_000), /nested deeper/],
  ["more than a million values", `57${"90".repeat(1_000_001)}5a`, /values/],
  [
    "more than a thousand classes",
    `57${"43016190".repeat(101)}${"43016190 60".repeat(1_000)}`,
    /nested|definitions/,
  ],
  ["a thousand and one classes", `57${"4301619060".repeat(1_001)}`, /definitions/],
];

test("bytes that are no Hessian, or too much of it, are refused", () => {
  for (const [what, hex, words] of BROKEN) {
    assert.throws(
      () => read(hex),
      (error: Error) => error instanceof HessianError && words.test(error.message),
      what,
    );
  }
});

test("a value that contains itself, grows without bound, or has keys that are lists has no JSON", () => {
  // A list that holds itself; ten lists, each twice in the next one, doubled forty times.
  assert.throws(() => json("79 51 90"), /contains itself/);
  let doubled = "79 90";
  for (let i = 0; i < 40; i++) doubled = `7a ${doubled} 51 ${int(i === 0 ? 40 : 40 - i)}`;
  assert.throws(() => json(doubled), /is longer than 10000 characters/);
  assert.throws(() => json("48 78 90 5a"), /key that is no single value/);
  assert.throws(() => json(`${"79".repeat(101)}90`), /nested/);
});

test.run();

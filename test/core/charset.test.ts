// Text and bytes in the charset that a content type names: exactly, or not at all.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  CharsetError,
  canDecode,
  canEncode,
  decodeExactly,
  encodeExactly,
  missingIn,
} from "../../core/charset.ts";

const test = suite("charsets");

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

const BOTH: [charset: string, text: string, bytes: string][] = [
  ["utf-8", "上a\u{1F600}", "e4b88a 61 f09f9880"],
  ["UTF8", "é", "c3a9"],
  ["gbk", "上海 abc", "c9cfbaa3 20 616263"],
  ["GBK", "", ""],
  ["gb2312", "城市", "b3c7cad0"],
  ["gb18030", "上\u{1F600}", "c9cf 9439fc36"],
  ["big5", "上海", "a457 aefc"],
  ["shift_jis", "日本", "93fa 967b"],
  ["euc-kr", "한", "c7d1"],
  ["iso-8859-1", "é", "e9"],
  ["utf-16le", "上\u{1F600}", "0a4e 3dd8 00de"],
  ["utf-16be", "上", "4e0a"],
];

test("from bytes to text and back", () => {
  for (const [charset, text, bytes] of BOTH) {
    assert.ok(canDecode(charset) && canEncode(charset), charset);
    assert.is(decodeExactly(hex(bytes), charset), text, charset);
    assert.is(
      Buffer.from(encodeExactly(text, charset) as string).toString("hex"),
      hex(bytes).toString("hex"),
      charset,
    );
  }
});

test("a byte order mark at the beginning is none of the text; any other is", () => {
  const marks: [charset: string, bytes: string][] = [
    ["utf-8", "efbbbf 61 efbbbf"],
    ["utf-16le", "fffe 6100 fffe"],
    ["utf-16be", "feff 0061 feff"],
  ];
  for (const [charset, bytes] of marks) assert.is(decodeExactly(hex(bytes), charset), "a\ufeff", charset);
  assert.is(encodeExactly("\ufeffa", "utf-8"), "\ufeffa");
});

test("charsets that nobody knows, and notations that are none", () => {
  for (const name of [
    "klingon",
    "",
    "constructor",
    "__proto__",
    "toString",
    "base64",
    "BASE-64",
    "hex",
    "internal",
  ])
    assert.not(canEncode(name), name);
  for (const name of ["klingon", "", "constructor", "replacement", "utf-7", "base64"])
    assert.not(canDecode(name), name);
});

const FAULTS: [charset: string, bytes: string, offset: number][] = [
  ["utf-8", "ff", 0],
  ["utf-8", "61 c9cf baa3", 1],
  ["utf-8", "e4b88a e4b8", 3],
  ["utf-8", "e4b88a f09f9880 80", 7],
  ["utf-8", "61 c0af", 1],
  ["utf-8", "61 eda080", 1],
  ["utf-8", "f4908080", 0],
  ["utf-8", "efbbbf ff", 3],
  ["gbk", "c9cf ff", 2],
  ["gbk", "c9cf c9", 2],
  ["gb18030", "c9cf 9439fc", 2],
  ["utf-16le", "6100 3dd8 6100", 2],
  ["utf-16le", "6100 61", 2],
];

test("what is not the charset: the offset of the first character that is none", () => {
  for (const [charset, bytes, offset] of FAULTS) {
    for (const before of ["", "61".repeat(4_094), "61".repeat(4_096), "61".repeat(9_000)]) {
      const all = Buffer.concat([
        charset === "utf-16le" ? hex(before.replaceAll("61", "6100")) : hex(before),
        hex(bytes),
      ]);
      // The mark of UTF-8 is one at the beginning only, and fine elsewhere.
      const at = all.length - hex(bytes).length + offset;
      try {
        decodeExactly(all, charset);
        assert.unreachable(`${charset} ${bytes}`);
      } catch (error) {
        assert.instance(error, CharsetError, `${charset} ${bytes}: ${error}`);
        assert.is((error as CharsetError).offset, at, `${charset} ${bytes} behind ${before.length / 2}`);
        assert.match(
          (error as Error).message,
          new RegExp(`^is not ${charset.toUpperCase()}: byte ${at} is 0x`),
        );
      }
    }
  }
});

test("wherever it stands among characters of several bytes, the offset is right", () => {
  for (let count = 1_360; count < 1_372; count++) {
    const all = Buffer.concat([Buffer.from("上".repeat(count)), hex("ff"), Buffer.from("海")]);
    assert.throws(
      () => decodeExactly(all, "utf-8"),
      (error: CharsetError) => error.offset === 3 * count,
    );
  }
});

const MISSING: [charset: string, text: string, what: string][] = [
  ["gbk", "上海\u{1F600}", "U+1F600 at 2"],
  ["gb2312", "a\u{20BB7}", "U+20BB7 at 1"],
  ["iso-8859-1", "é上", "U+4E0A at 1"],
  ["us-ascii", "é", "U+00E9 at 0"],
  ["big5", "\u{1F600}\u{1F600}", "U+1F600 at 0"],
];

test("a character that the charset lacks is never replaced", () => {
  for (const [charset, text, what] of MISSING) {
    assert.is(encodeExactly(text, charset), null, charset);
    assert.is(missingIn(text, charset), what);
  }
  assert.is(missingIn("上海", "gbk"), null);
});

test.run();

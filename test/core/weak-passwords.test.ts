import { suite } from "uvu";
import * as assert from "uvu/assert";
import { canonicalName, hasUnseen } from "../../core/user-name.ts";
import { weaknessOf } from "../../core/weak-passwords.ts";

const test = suite("weak passwords and names");

const PASSWORDS: [password: string, weakness: RegExp | null][] = [
  ["", /blank/],
  ["        ", /blank/],
  ["\u3000\u3000\t ", /blank/],
  ["aaaaaaaaaaaaaaaaaaaa", /again/],
  ["密密密密密密密密密", /again/],
  ["😀😀😀😀😀😀😀😀", /again/],
  ["short12", /at least 8/],
  ["密码密码密码密", /at least 8/],
  ["password", /guessed first/],
  ["PassWord123", /guessed first/],
  ["ｐａｓｓｗｏｒｄ", /guessed first/],
  ["12345678", /guessed first/],
  ["9876543210", /guessed first/],
  ["abcdefghij", /guessed first/],
  ["poiuytrewq", /guessed first/],
  ["kkbidaadmin", /guessed first/],
  ["correct horse battery", null],
  ["from the environment", null],
  ["必达的好密码一二三", null],
  ["12345679", null],
];
for (const [password, weakness] of PASSWORDS)
  test(`"${password}": ${weakness}`, () => {
    const found = weaknessOf(password);
    if (weakness === null) assert.is(found, null);
    else assert.match(found ?? "nothing", weakness);
  });

const NAMES: [name: string, canonical: string, unseen: boolean][] = [
  ["lin", "lin", false],
  ["小王", "小王", false],
  ["Ｌｉｎ", "Lin", false],
  ["ﬁn", "fin", false],
  ["é", "é", false],
  ["a b", "a b", false],
  ["👩", "👩", false],
  ["a\u200bb", "a\u200bb", true],
  ["a\u200db", "a\u200db", true],
  ["a\u00adb", "a\u00adb", true],
  ["\u202eab", "\u202eab", true],
  ["a\u2066b\u2069", "a\u2066b\u2069", true],
  ["a\ufeff", "a\ufeff", true],
  ["a\ufe0f", "a\ufe0f", true],
  ["a\u3164", "a\u1160", true],
  ["a\u2800", "a\u2800", true],
  ["a\u{e0041}", "a\u{e0041}", true],
  ["a\u{10ffff}", "a\u{10ffff}", true],
  ["a\nb", "a\nb", true],
];
for (const [name, canonical, unseen] of NAMES)
  test(JSON.stringify(name), () =>
    assert.equal([canonicalName(name), hasUnseen(canonicalName(name))], [canonical, unseen]),
  );

test.run();

/** Patterns that are expensive to compile. */
import { asked, type Row } from "../kit/row.ts";

const PATTERNS: [source: string, taken: boolean][] = [
  [`(?:${"abcdefgh".repeat(60)}){1000}`, false],
  ["(?:x{1,1000}){3}", false],
  ["((a{31}){31}){31}", false],
  ["(?:(?:a?){40}){25}b{999}", false],
  [`(?:${"[\\p{L}\\p{N}]".repeat(30)}){90}`, false],
  ["(?i)(?:straße|ΑΒΓ|[^\\pL]){200}", false],
  ["(?:a{9}|b{9}){9}".repeat(20), false],
  [`(?:${"\\Qabcdefghij\\E".repeat(30)}){99}`, false],
  ["(?:.?){1000}(?:.?){1000}(?:.?){1000}", false],
  ["(".repeat(400), false],
  ["(".repeat(250) + ")".repeat(250), true],
  ["[".repeat(500), false],
  ["\\".repeat(511), false],
  ["a|".repeat(250), true],
  ["(a|".repeat(120) + ")".repeat(120), true],
  [`[${"\\pL\\PL".repeat(80)}]`, true],
  [`(?i)${"\\p{Lu}".repeat(80)}`, true],
  ["(?:[ab]{1,31}){31}[cd]", true],
  ["[\\x{0}-\\x{10FFFF}]{900}", true],
  ["(?P<a>x)(?P<a>y)", false],
  ["x**", false],
  ["(?=a)", false],
  ["(a)\\1", false],
  ["a{1001}", false],
  ["x".repeat(513), false],
];

const PATHS: [path: string, taken: boolean][] = [
  ["$..a..b", false],
  ["$..a[?@..b]", false],
  ["$[?@.a[?@.b[?@.c]]]", false],
  ["$[*,*][*,*]", false],
  [`$${"[*]".repeat(150)}`, true],
  [`$${".a".repeat(250)}`, true],
  [`$[?${"(".repeat(200)}@.a${")".repeat(200)}]`, true],
  [`$[?${"!".repeat(300)}@.a]`, true],
  [`$[?${"@.a||".repeat(90)}@.b]`, true],
  ["$[?match(@.a, '(a+)+$')]", false],
  ["$[?search(@.a, '(a+)+$')]", false],
  [`$[${"0,".repeat(100)}0]`, false],
  [`$['${"x".repeat(500)}']`, true],
  ["$[9999999999999999999]", false],
  ["$[::0]", true],
  ["$[?count(@..*)>1]", false],
];

const rowOf = (what: string, source: string, taken: boolean, expect: object): Row => ({
  name: `${what} ${source.slice(0, 48)}, ${source.length} characters`,
  // It is not called while the suite runs.
  run: ({ world, key }) =>
    asked({ world }, "POST", "/v1/tasks", {
      body: JSON.stringify({
        url: world.receiver.url(),
        requestMethod: "POST",
        limitCallCount: 1,
        delayMs: 86_400_000,
        expect,
      }),
      headers: key,
    }),
  // Whether a library takes what is odd may differ from version to version; what is expensive is refused.
  status: taken ? [202, 400] : [400],
});

export const patternRows: Row[] = [
  ...PATTERNS.map(([source, taken]) => rowOf("the pattern", source, taken, { matches: source })),
  ...PATHS.map(([path, taken]) => rowOf("the path", path, taken, { json: { [path]: 1 } })),
];

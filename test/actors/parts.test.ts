// The small parts: slots, lease trust, error mapping, charsets.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { callErrorOf } from "../../actors/call-errors.ts";
import { readText } from "../../actors/charset.ts";
import { LeaseTrust, monotonicMs, trustedUntil } from "../../actors/lease-trust.ts";
import { type Rank, type SlotAccount, Slots, type Standing } from "../../actors/slots.ts";

const test = suite("parts of a thread");

/** Accounts of one set of slots; `got` has the name of each that was given one, in order. */
function slotsOf(count: number) {
  const slots = new Slots(count);
  const got: string[] = [];
  const open = (name: string, limit = count) => slots.open(limit, () => got.push(name));
  return { got, open };
}

test("slots: as many as there are; who found none is called in turn, once per free slot", () => {
  const { got, open } = slotsOf(2);
  const [a, b, c] = [open("a"), open("b"), open("c")];
  for (const account of [a, b, c]) account.want("first");
  assert.equal(got, ["a", "b"]);
  a.want("first");
  b.give("first");
  assert.equal(got, ["a", "b", "c"]);
  c.want("first");
  c.give("first");
  assert.equal(got, ["a", "b", "c", "a"], "a asked before c did");
});

test("slots: retries leave a quarter to first calls, which are called before them", () => {
  const { got, open } = slotsOf(8);
  const retries = Array.from({ length: 8 }, () => open("retry"));
  for (const account of retries) account.want("retry");
  assert.is(got.length, 6);
  const firsts = Array.from({ length: 3 }, () => open("first"));
  for (const account of firsts) account.want("first");
  assert.equal(got.slice(6), ["first"], "the last slot is kept for those that are known");
  retries[0]?.give("retry");
  assert.equal(got.slice(7), ["first"]);
});

test("slots: the share of one destination shrinks with what is free", () => {
  const slots = new Slots(9);
  const takeAll = () => {
    const account = slots.open(100, () => undefined, "known");
    do account.want("first");
    while (account.wants === null);
    account.want(null);
    return account.taken;
  };
  assert.equal([takeAll(), takeAll(), takeAll()], [6, 2, 1]);
});

test("slots: silent targets have a quarter together, and those that answer just now the last", () => {
  const { got, open } = slotsOf(16);
  const some = (name: string, count: number) =>
    Array.from({ length: count }, () => {
      const account = open(name);
      account.want("first");
      return account;
    });
  for (const account of some("silent", 8)) account.give("first", "silent");
  got.length = 0;
  const silent = Array.from({ length: 8 }, () => {
    const account = open("silent");
    account.standing = "silent";
    account.want("first");
    return account;
  });
  assert.is(got.length, 4);
  some("new", 20);
  assert.is(got.length, 14);
  const [known, answering] = (["known", "answering"] as const).map((standing) =>
    Array.from({ length: 4 }, () => {
      const account = open(standing);
      account.standing = standing;
      account.want("first");
      return account;
    }),
  );
  assert.equal(got.slice(14), ["known", "answering"], "one is left by those that answered once");
  answering?.[0]?.give("first");
  assert.is(got.at(-1), "answering");
  known?.[0]?.give("first");
  assert.is(got.at(-1), "answering");
  // One that answers at last holds nobody up any more.
  silent[0]?.give("first", "answering");
  assert.is(got.at(-1), "answering");
});

/** Kinds of destinations, each with so many that want one call each; `first new` are first calls of new ones. */
type Crowd = Partial<Record<`${Rank} ${Standing}`, number>>;

/** Slots in which all of a crowd hang. `end` ends the call that has lasted longest, and says who got slots thereby. */
function hangingIn(count: number, crowd: Crowd) {
  const slots = new Slots(count);
  const under: { kind: string; account: SlotAccount; rank: Rank }[] = [];
  const got: string[] = [];
  const add = (kind: string) => {
    const [rank, standing] = kind.split(" ") as [Rank, Standing];
    const start = () => {
      got.push(kind);
      under.push({ kind, account, rank });
    };
    const account: SlotAccount = slots.open(64, start, standing);
    account.want(rank);
  };
  for (const [kind, many] of Object.entries(crowd)) for (let i = 0; i < many; i++) add(kind);
  const end = () => {
    got.length = 0;
    const { account, rank } = under.shift()!;
    account.give(rank);
    return [...got];
  };
  return { add, end, under, slots };
}

test("slots: of four that strangers get, each kind of them that waits gets one, beside any number of others", () => {
  for (const kind of ["first silent", "retry silent", "retry new"]) {
    const { add, end } = hangingIn(64, { "first new": 10_000 });
    add(kind);
    const ended = Array.from({ length: 4 }, end).flat();
    assert.equal(ended, ["first new", "first new", "first new", kind]);
  }
  const all = hangingIn(64, { "first new": 500, "first silent": 500, "retry new": 500, "retry silent": 500 });
  const served = Map.groupBy(Array.from({ length: 400 }, all.end).flat(), (kind) => kind);
  assert.equal(served.size, 4);
  for (const [kind, some] of served) assert.ok(some.length > 30, `${kind}: ${some.length} of 400`);
  // Silent ones do not take over either: they have a quarter of the slots.
  assert.ok(all.under.filter(({ kind }) => kind.endsWith("silent")).length <= 16);
});

/** All of whom a target that answers must not wait for, and those of whom one that answered once must not. */
const STRANGERS: Crowd = {
  "first new": 5_000,
  "first silent": 5_000,
  "retry new": 5_000,
  "retry silent": 5_000,
};
const OTHERS: Crowd = { ...STRANGERS, "first known": 5_000, "retry known": 5_000 };
for (const [standing, crowd, atMost] of [
  ["known", STRANGERS, 56],
  ["answering", OTHERS, 60],
] as const)
  test(`slots: neither first calls nor retries of ${standing} ones wait beside thousands of others of each kind`, () => {
    const { add, end, under } = hangingIn(64, crowd);
    for (let i = 0; i < 200; i++) {
      assert.ok(under.length <= atMost, "some are free");
      for (const kind of [`first ${standing}`, `retry ${standing}`]) {
        add(kind);
        assert.is(under.at(-1)?.kind, kind);
      }
      // It is answered: its slot goes to no stranger.
      for (const { account, rank } of under.splice(-2)) account.give(rank);
      assert.is(end().length, 1);
    }
  });

test("slots: retries that hang, of any number of targets, leave some to the retries of those that answer", () => {
  const { add, under } = hangingIn(64, { "retry known": 500, "retry new": 500, "retry silent": 500 });
  assert.is(under.length, 48, "a quarter is kept for first calls");
  for (let i = 0; i < 4; i++) add("retry answering");
  assert.is(under.length, 52);
});

test("slots: who has not answered for two rounds is known only; a call that ran into its deadline changes nothing so soon", () => {
  const { slots, add, under } = hangingIn(16, {});
  add("first new");
  const { account } = under.pop()!;
  account.give("first", "answering");
  for (const standing of ["answering", "answering", "known"]) {
    account.want("first");
    assert.is(account.standing, standing);
    under.pop();
    account.give("first", "known");
    slots.nextRound();
  }
  account.want("first");
  account.give("first", "answering");
  account.want("first");
  account.give("first", "silent");
  assert.is(account.standing, "silent");
});

test("slots: one that has calls under way and answers none for two rounds waits as if it were new, until it answers", () => {
  const { slots, add, under } = hangingIn(64, {});
  add("first known");
  const { account } = under.pop()!;
  for (const line of ["known", "new"]) {
    slots.nextRound();
    assert.is(account.line, line);
  }
  // Its calls that wait leave an eighth of the slots free now, those of others that are known a sixteenth.
  for (let i = 0; i < 54; i++) add("first known");
  assert.is(under.length, 54);
  account.want("first");
  assert.is(under.length, 55, "nine are free, it takes one");
  account.want("first");
  assert.is(under.length, 55, "an eighth is left");
  add("first known");
  assert.is(under.length, 56, "not by others");
  account.give("first", "answering");
  assert.is(account.line, "answering");
  assert.is(under.length, 57);
});

test("slots: one whose calls have all ended hangs no more; one that answers others meanwhile never did", () => {
  const { slots, add, under } = hangingIn(64, {});
  add("first known");
  const [{ account }] = under as [(typeof under)[number]];
  slots.nextRound();
  slots.nextRound();
  account.give("first", "known");
  assert.is(account.line, "known");
  account.want("first");
  for (let i = 0; i < 5; i++) {
    account.want("first");
    slots.nextRound();
    account.give("first", "answering");
    assert.is(account.line, "answering");
  }
});

test("lease trust: the grant holds until its end, then a heartbeat must have renewed it", () => {
  const trust = new LeaseTrust();
  const now = monotonicMs();
  const [granted, ranOut] = [{ trustedUntil: now + 60_000 }, { trustedUntil: now - 1 }];
  assert.ok(trust.holds(granted));
  assert.not.ok(trust.holds(ranOut));
  trust.renew(now + 60_000, now);
  assert.ok(trust.holds(ranOut));
  trust.renew(now - 1, now);
  assert.not.ok(trust.holds(ranOut));
});

test("lease trust: a heartbeat that began before a reply that lay in a buffer says nothing of its jobs", () => {
  const trust = new LeaseTrust();
  const now = monotonicMs();
  const late = { trustedUntil: now - 1, heldFrom: now };
  trust.renew(now + 60_000, now - 1);
  assert.not.ok(trust.holds(late));
  trust.renew(now + 60_000, now + 1);
  assert.ok(trust.holds(late));
});

test("lease trust: shared through its buffer, and a part of the lease is not trusted", () => {
  const trust = new LeaseTrust();
  const inThread = new LeaseTrust(trust.buffer);
  assert.not.ok(inThread.holds({ trustedUntil: 0 }));
  trust.renew(monotonicMs() + 60_000, monotonicMs());
  assert.ok(inThread.holds({ trustedUntil: 0 }));
  assert.is(trustedUntil(1000, 10_000), 9000);
});

const coded = (code: string, message = "why") => Object.assign(new Error(message), { code });
const ERRORS: [error: unknown, code: string, message?: string][] = [
  [coded("BIDA_BLOCKED"), "blocked"],
  [coded("BIDA_DNS"), "dns"],
  [coded("EMFILE"), "unreachable"],
  [coded("ECONNREFUSED"), "refused"],
  [coded("UND_ERR_CONNECT_TIMEOUT"), "connect_timeout"],
  [coded("ETIMEDOUT"), "connect_timeout"],
  [coded("ECONNRESET"), "reset"],
  [coded("EPIPE"), "reset"],
  [coded("UND_ERR_SOCKET"), "reset"],
  [coded("UND_ERR_HEADERS_OVERFLOW"), "too_large_headers", "the answer's headers are larger than 16 KiB"],
  [coded("ERR_ASSERTION"), "bad_response", "the answer breaks the rules of HTTP/1.1"],
  [coded("HPE_INVALID_CONSTANT"), "bad_response"],
  [coded("EHOSTUNREACH"), "unreachable"],
  [coded("DEPTH_ZERO_SELF_SIGNED_CERT"), "tls"],
  [coded("CERT_HAS_EXPIRED"), "tls"],
  [coded("ERR_TLS_CERT_ALTNAME_INVALID"), "tls"],
  [coded("ERR_SSL_WRONG_VERSION_NUMBER"), "tls"],
  [coded("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "tls"],
  [coded("EPROTO"), "tls"],
  [coded("UND_ERR_INVALID_ARG"), "bad_request"],
  [new Error("strange"), "reset", "strange"],
  ["text", "reset", "text"],
  [coded("ECODE", ""), "reset", "ECODE"],
  [new Error(""), "reset", "the connection failed"],
  [new Error("outer", { cause: coded("ECONNREFUSED", "inner") }), "refused", "inner"],
  [new Error("outer", { cause: new Error("no code") }), "reset", "outer"],
  [new AggregateError([coded("ECONNREFUSED", "first"), coded("ENETUNREACH")]), "refused", "first"],
  [new AggregateError([], "none"), "reset", "none"],
  [new Error("x".repeat(600)), "reset", "x".repeat(500)],
];
for (const [error, code, message = "why"] of ERRORS) {
  test(`${String(error).slice(0, 40)} ${String((error as { code?: string }).code)} → ${code}`, () =>
    assert.equal(callErrorOf(error), { code, message }));
}

const GBK = Buffer.from("b3c9b9a6", "hex");
const around = (before: string, bytes: Buffer, after = "") =>
  Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
const TEXTS: [bytes: string | Buffer, type: string | string[] | undefined, text: string][] = [
  ["成功", undefined, "成功"],
  ["成功", "text/plain", "成功"],
  [Buffer.from("b3c9b9a6", "hex"), "text/html; charset=GBK", "成功"],
  [Buffer.from("b3c9b9a6", "hex"), 'text/html; charset="gb2312"', "成功"],
  [Buffer.from("b3c9b9a6", "hex"), "text/html;CHARSET=gb18030;x=y", "成功"],
  [Buffer.from("a6a8a55c", "hex"), "text/html; charset=big5", "成功"],
  [Buffer.from("e9", "hex"), "text/plain; charset=iso-8859-1", "é"],
  ["成功", "text/plain; charset=klingon", "成功"],
  [Buffer.from("ff41", "hex"), undefined, "\ufffdA"],
  ["", "text/plain; charset=gbk", ""],
  ["a", ["text/plain; charset=utf-8", "x"], "a"],
  [Buffer.from("81308130", "hex"), "text/plain; charset=gbk", "\u0080"],
  ["\ufeff成功", undefined, "成功"],
  [Buffer.from("feff62109529", "hex"), "text/plain", "成锩"],
  [Buffer.from("fffe1062", "hex"), "text/plain; charset=klingon", "成"],
  ["\ufeff成", "text/plain; charset=gbk", new TextDecoder("gbk").decode(Buffer.from("\ufeff成"))],
  [
    around("<?xml version='1.0' encoding='gb2312' ?>", GBK),
    "text/xml",
    "<?xml version='1.0' encoding='gb2312' ?>成功",
  ],
  [
    around('<?xml version="1.0" encoding="UTF-16"?>', Buffer.from("成")),
    undefined,
    '<?xml version="1.0" encoding="UTF-16"?>成',
  ],
  [
    around('{"a":"<?xml version=\\"1.0\\" encoding=\\"gbk\\"?>', Buffer.from("成"), '"}'),
    undefined,
    '{"a":"<?xml version=\\"1.0\\" encoding=\\"gbk\\"?>成"}',
  ],
  [
    around(" <!doctype html><META http-equiv=content-type content='text/html; charset=gbk'>", GBK),
    "text/html",
    " <!doctype html><META http-equiv=content-type content='text/html; charset=gbk'>成功",
  ],
  [around("<!-- <meta charset=gbk> -->", Buffer.from("成")), "text/html", "<!-- <meta charset=gbk> -->成"],
  [around("<meta charset=gbk>", Buffer.from("成")), "application/json", "<meta charset=gbk>成"],
  [
    around(`<p>${"x".repeat(1024)}<meta charset=gbk>`, Buffer.from("成")),
    "text/html",
    `<p>${"x".repeat(1024)}<meta charset=gbk>成`,
  ],
];
for (const [bytes, type, text] of TEXTS) {
  test(`${text} as ${type}`, () => assert.is(readText(Buffer.from(bytes as string), type).text, text));
}

test("what is cut inside a character is text without it; what is wrong elsewhere is not", () => {
  const utf8 = Buffer.from("a成😀");
  for (const [length, text] of [
    [1, "a"],
    [2, "a"],
    [3, "a"],
    [4, "a成"],
    [7, "a成"],
    [8, "a成😀"],
  ] as const)
    assert.equal(readText(utf8.subarray(0, length), undefined, true), { text, exact: true }, `${length}`);
  assert.is(readText(utf8.subarray(0, 3), undefined, false).exact, false);
  assert.is(readText(Buffer.from("ff6180", "hex"), undefined, true).exact, false);
  assert.equal(readText(GBK.subarray(0, 3), "text/plain; charset=gbk", true), { text: "成", exact: true });
  assert.is(readText(GBK.subarray(0, 3), "text/plain; charset=gbk").exact, false);
});

test.run();

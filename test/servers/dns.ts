// A name server on 127.0.0.1, over UDP and TCP (RFC 1035): the far side of name look-ups.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { freePort } from "./ports.ts";

export interface DnsRecord {
  type: "A" | "AAAA" | "CNAME";
  /** Seconds. */
  ttl: number;
  value: string;
  /** Whose record it is; without: the name that was asked for. */
  name?: string;
}

export interface DnsAnswer {
  records?: DnsRecord[];
  rcode?: keyof typeof RCODES;
  /** Over UDP only the beginning is sent, marked as cut: the client asks again over TCP. */
  truncated?: boolean;
}

/** What is said of a name; null for no answer at all. A promise: the answer comes later. */
export type DnsZone = (name: string, type: string) => DnsAnswer | null | Promise<DnsAnswer | null>;

const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, AAAA: 28 } as const;
const typeName = (type: number): string =>
  Object.entries(TYPES).find(([, value]) => value === type)?.[0] ?? String(type);

export interface DnsServer {
  /** `127.0.0.1:port`. */
  address: string;
  /** Each question that came, as `A name`. */
  asked: string[];
  /** Questions about `name`, of all types. */
  count(name: string): number;
  /** Those that came over TCP. */
  overTcp: string[];
  stop(): Promise<void>;
}

export async function startDns(zone: DnsZone, given?: number): Promise<DnsServer> {
  const [asked, overTcp]: string[][] = [[], []];
  const sockets = new Set<Socket>();
  let stopped = false;
  const reply = async (query: Buffer, isTcp: boolean, send: (answer: Buffer) => void) => {
    const { name, type, end } = questionOf(query);
    asked?.push(`${type} ${name}`);
    if (isTcp) overTcp?.push(`${type} ${name}`);
    const answer = await zone(name, type);
    if (answer) send(encode(query.subarray(0, end), name, answer, answer.truncated === true && !isTcp));
  };
  const udp = createSocket("udp4");
  udp.on("message", (query, { port: to, address }) => {
    void reply(query, false, (answer) => {
      if (!stopped) udp.send(answer, to, address, () => undefined);
    });
  });
  const port = given ?? (await freePort());
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");
  const tcp = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    let bytes = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length > 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
        const length = bytes.readUInt16BE(0);
        void reply(bytes.subarray(2, 2 + length), true, (answer) =>
          socket.write(Buffer.concat([short(answer.length), answer])),
        );
        bytes = bytes.subarray(2 + length);
      }
    });
  });
  tcp.listen(port, "127.0.0.1");
  await once(tcp, "listening");
  return {
    address: `127.0.0.1:${port}`,
    asked: asked as string[],
    overTcp: overTcp as string[],
    count: (name) => (asked as string[]).filter((one) => one.endsWith(` ${name}`)).length,
    async stop() {
      if (stopped) return;
      stopped = true;
      for (const socket of sockets) socket.destroy();
      await Promise.all([
        new Promise<void>((closed) => udp.close(() => closed())),
        new Promise<void>((closed) => tcp.close(() => closed())),
      ]);
    },
  };
}

function questionOf(query: Buffer): { name: string; type: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] as number; length > 0; length = query[at] as number) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return {
    name: labels.join(".").toLowerCase(),
    type: typeName(query.readUInt16BE(at + 1)),
    end: at + 5,
  };
}

/** @param question the query up to the end of its question */
function encode(question: Buffer, name: string, answer: DnsAnswer, cut: boolean): Buffer {
  const records = cut ? [] : (answer.records ?? []);
  const head = Buffer.from(question.subarray(0, 12));
  // An answer, recursion desired and available; TC where it is cut.
  head.writeUInt16BE(0x8180 | (cut ? 0x0200 : 0) | RCODES[answer.rcode ?? "NOERROR"], 2);
  for (const [i, count] of [1, records.length, 0, 0].entries()) head.writeUInt16BE(count, 4 + 2 * i);
  return Buffer.concat([head, question.subarray(12), ...records.map((record) => encodeRecord(record, name))]);
}

function encodeRecord({ type, ttl, value, name }: DnsRecord, asked: string): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16BE(TYPES[type], 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  const data = type === "CNAME" ? encodeName(value) : type === "A" ? ipv4(value) : ipv6(value);
  return Buffer.concat([encodeName(name ?? asked), fixed, short(data.length), data]);
}

const short = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

const encodeName = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split(".")
      .filter((label) => label !== "")
      .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")])),
    Buffer.from([0]),
  ]);

const ipv4 = (address: string): Buffer => Buffer.from(address.split(".").map(Number));

/** Full or shortened, without an IPv4 tail. */
function ipv6(address: string): Buffer {
  const [before = "", after] = address.split("::");
  const groups = (text: string | undefined) => (text ? text.split(":") : []);
  const [left, right] = [groups(before), groups(after)];
  const all = [...left, ...Array(8 - left.length - right.length).fill("0"), ...right];
  return Buffer.concat(all.map((group) => short(Number.parseInt(group, 16))));
}

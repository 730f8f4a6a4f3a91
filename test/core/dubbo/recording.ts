/**
 * Frames between an unmodified consumer (com.alibaba:dubbo:2.6.5) and kkbida 1.0.1, as a TCP proxy recorded them; `rich` has every
 * Java type that a parameter can have.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Recorded {
  request: Buffer;
  response: Buffer;
}

const lines = readFileSync(join(import.meta.dirname, "recording.jsonl"), "utf8")
  .trim()
  .split("\n");

/** By the name of the case: seed, post, bad-url, no-expect, all, null-params, rich, doCall, echo. */
export const RECORDING: ReadonlyMap<string, Recorded> = new Map(
  lines.map((line): [string, Recorded] => {
    const { case: name, request, response } = JSON.parse(line);
    return [name, { request: Buffer.from(request, "hex"), response: Buffer.from(response, "hex") }];
  }),
);

export const recorded = (name: string): Recorded => RECORDING.get(name) as Recorded;

/** What kkbida made of the texts in `rich`: 70,000 characters. */
const LONG = "上海0123456789".repeat(6_000).slice(0, 70_000);

/** What kkbida then sent to the target, in its order of members. */
export const RICH_AS_SENT = `{"date":1700000000000,"singleton":{"k":"v"},"set":["q"],"bool":true,"emoji":"\\uD83D\\uDE00","double":1.5,"long70000chars":"${LONG}","float":2.5,"list":["p",2,3],"long":1234567890123456789,"int":7,"enum":"POST","asList":[1,2],"array":["x","y"],"ints":[1,2],"bytes":"AQID","char":"c","short":5,"decimal":12345678901234567890.123456789,"bigint":123456789012345678901234567890,"map":{"self":["p",2,3],"z":"上"},"timestamp":1700000000123}`;

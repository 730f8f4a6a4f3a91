/** The ways into Bida, each of which takes the payloads of the table. */
import type { ServiceBroker } from "moleculer";
import { createBrokerClient, createHttpClient, type TaskRequest } from "../../../client/index.ts";
import { rawJson } from "../../core/helpers.ts";
import { Cluster } from "./cluster.ts";
import type { Payload } from "./payload-table.ts";
import type { World } from "./world.ts";

export interface Entry {
  name: string;
  takes(row: Payload): boolean;
  /** Its tasks are kkbida's: they were sent by a client of it, or stood in its database. */
  kkbida?: true;
  /** Hands all of them over, for `url` and its suffix. @returns their ids, in order */
  send(rows: Payload[], url: string): Promise<string[]>;
}

export const LEGACY = { username: "admin", password: "admin" };

/** The task as text, `more` behind the payload's own fields. */
export const taskText = (row: Payload, url: string, more = '"limitCallCount":1'): string => {
  const fields = [
    `"url":${JSON.stringify(url + (row.suffix ?? ""))}`,
    `"requestMethod":"${row.method ?? "POST"}"`,
  ];
  if (row.param !== undefined) fields.push(`"requestParam":${row.param}`);
  if (row.more !== undefined) fields.push(row.more);
  return `{${[...fields, more].filter((text) => text !== "").join(",")}}`;
};

/** The normal form of `requestParam`: what is stored and shown. */
export function normalOf({ param, more, body }: Payload): string | undefined {
  return more === undefined && typeof body === "string" && param !== undefined ? body : param;
}

/** What has only the fields that kkbida had. */
export const isLegacy = ({ method = "POST", param, more }: Payload): boolean =>
  param !== undefined && more === undefined && (method === "GET" || method === "POST");

const LEGACY_FIELDS = '"expectResult":"ok","limitCallCount":"3","taskId":null,"callCount":0';

/** @param sourceAppName of the tasks that come in through `POST /v1/tasks` */
export function entriesOf(world: World, sourceAppName: string): Entry[] {
  return [...httpEntries(world, sourceAppName), ...(world instanceof Cluster ? rpcEntries(world) : [])];
}

function httpEntries(world: World, sourceAppName: string): Entry[] {
  const client = createHttpClient({ baseUrl: world.baseUrl, username: "admin", password: "admin" });
  return [
    {
      ...each("kkbida's endpoint", isLegacy, async (row, url) => {
        const reply = await world.api("POST", "/api/addTask", taskText(row, url, LEGACY_FIELDS), LEGACY);
        if (reply.status !== 200) throw new Error(`${row.name}: ${reply.status} ${reply.text}`);
        return reply.text;
      }),
      kkbida: true,
    },
    each("POST /v1/tasks", everything, async (row, url) => {
      const text = taskText(row, url, `"limitCallCount":1,"sourceAppName":"${sourceAppName}"`);
      return idIn(row, await world.api("POST", "/v1/tasks", text));
    }),
    {
      name: "POST /v1/tasks/batch",
      takes: everything,
      async send(rows, url) {
        const texts = rows.map((row) => taskText(row, url));
        const { text, json } = await world.api(
          "POST",
          "/v1/tasks/batch",
          `{"tasks": [ ${texts.join(" , ")} ] }`,
        );
        return idsIn(rows, json.results ?? text);
      },
    },
    each("POST /v1/tasks/{taskId}/resend, which gives the payload", everything, async (row, url) => {
      const original = await world.submit({ url, limitCallCount: 1 });
      return idIn(row, await world.api("POST", `/v1/tasks/${original}/resend`, taskText(row, url)));
    }),
    each("POST /v1/tasks/{taskId}/resend, which keeps the payload", everything, async (row, url) => {
      const original = idIn(row, await world.api("POST", "/v1/tasks", taskText(row, url)));
      const changes = { timeoutMs: 9_000, targetAppName: "again" };
      return idIn(row, await world.api("POST", `/v1/tasks/${original}/resend`, changes));
    }),
    each("client over HTTP", holdsValue, (row, url) => client.call(callerValueOf(row, url))),
    {
      name: "client over HTTP, a batch",
      takes: holdsValue,
      send: async (rows, url) =>
        idsIn(rows, await client.callBatch(rows.map((row) => callerValueOf(row, url)))),
    },
  ];
}

function rpcEntries(world: Cluster): Entry[] {
  const { broker } = world;
  const client = createBrokerClient(broker as never);
  const submit = async (params: object): Promise<string> =>
    ((await broker.call("bida.scheduler.submit", params)) as { taskId: string }).taskId;
  return [
    each("RPC, a text in an envelope", everything, (row, url) => submit({ json: taskText(row, url) })),
    each("RPC, plain values", holdsPlain, (row, url) => submit(plainOf(row, url))),
    each("RPC, raw JSON in values", holdsValue, (row, url) => submit(rawOf(row, url))),
    each("client over Moleculer", holdsValue, (row, url) => client.call(callerValueOf(row, url))),
    {
      name: "client over Moleculer, a batch",
      takes: holdsValue,
      send: async (rows, url) =>
        idsIn(rows, await client.callBatch(rows.map((row) => callerValueOf(row, url)))),
    },
  ];
}

/** Another language's way in: plain values, in JSON of its own. */
export function foreignEntries(broker: ServiceBroker, world: World): Entry[] {
  // biome-ignore lint/suspicious/noExplicitAny: the answers of several actions
  const ask = (action: string, text: string): Promise<any> => broker.call(action, { text });
  return [
    each("another language: scheduler.submit", everything, async (row, url) => {
      return (await ask("bida.scheduler.submit", taskText(row, url))).taskId;
    }),
    {
      name: "another language: scheduler.submitBatch",
      takes: ({ param = "" }) => param.length < 10_000,
      async send(rows, url) {
        const text = `{"tasks":[${rows.map((row) => taskText(row, url)).join()}]}`;
        return idsIn(rows, (await ask("bida.scheduler.submitBatch", text)).results);
      },
    },
    each("another language: admin.resend", everything, async (row, url) => {
      const original = await world.submit({ url, limitCallCount: 1 });
      const text = `{"taskId":"${original}","changes":${taskText(row, url)}}`;
      return (await ask("bida.admin.resend", text)).taskId;
    }),
  ];
}

const everything = () => true;

const each = (
  name: string,
  takes: Entry["takes"],
  send: (row: Payload, url: string) => Promise<string>,
): Entry => ({ name, takes, send: (rows, url) => Promise.all(rows.map((row) => send(row, url))) });

function idIn(row: Payload, { text, json }: { text: string; json?: { taskId?: string } }): string {
  if (typeof json?.taskId !== "string") throw new Error(`${row.name}: ${text}`);
  return json.taskId;
}

function idsIn(rows: Payload[], results: unknown): string[] {
  if (!Array.isArray(results)) throw new Error(String(results));
  return rows.map((row, i) => idIn(row, { text: JSON.stringify(results[i]), json: results[i] }));
}

/** With JavaScript's values, with bigints for whole numbers that those cannot hold, and with raw JSON for all numbers. */
const plainOf = (row: Payload, url: string) => revived(row, url, (value) => value);
const bigOf = (row: Payload, url: string) =>
  revived(row, url, (value, source) => (/^-?\d{16,}$/.test(source) ? BigInt(source) : value));
const rawOf = (row: Payload, url: string) => revived(row, url, (_, source) => rawJson(source));

function revived(
  row: Payload,
  url: string,
  numberOf: (value: number, source: string) => unknown,
): TaskRequest {
  const text = taskText(row, url, "");
  const task = JSON.parse(text, ((_: string, value: unknown, { source = "" }: { source?: string }) =>
    typeof value === "number" ? numberOf(value, source) : value) as (key: string, value: unknown) => unknown);
  return { ...task, limitCallCount: 1 };
}

/** Whether JavaScript can hold it so: what has other digits, or keys in another order, it cannot. */
function holds(row: Payload, make: typeof plainOf): boolean {
  const { requestParam } = make(row, "http://x");
  const isBig = (_: string, value: unknown) => (typeof value === "bigint" ? rawJson(String(value)) : value);
  return row.param === undefined || JSON.stringify(requestParam, isBig) === normalOf(row);
}

const holdsPlain = (row: Payload) => holds(row, plainOf);
const holdsValue = (row: Payload) => holds(row, rawOf);

/** As a caller would: values, then bigints, and raw JSON where nothing else will do. */
const callerValueOf = (row: Payload, url: string): TaskRequest =>
  ([plainOf, bigOf].find((make) => holds(row, make)) ?? rawOf)(row, url);

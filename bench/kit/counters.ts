/** What servers count of themselves: statements, commands, messages. */
import { Redis } from "ioredis";
import { createConnection } from "mysql2/promise";
import type { NatsServer } from "./servers.ts";

export type Counts = Record<string, number>;

interface Servers {
  mariadb: { url: string };
  redis: { url: string };
  nats: NatsServer;
}

/** Totals since the servers' start; differences of two are what happened between. */
export async function counts({ mariadb, redis, nats }: Servers): Promise<Counts> {
  const found: Counts = {};
  const connection = await createConnection({ uri: mariadb.url });
  const [rows] = await connection.query("SHOW GLOBAL STATUS");
  await connection.end();
  const wanted =
    /^(Questions|Com_\w+|Bytes_received|Bytes_sent|Innodb_data_fsyncs|Innodb_os_log_fsyncs|Innodb_row_lock_waits|Innodb_rows_\w+)$/;
  for (const { Variable_name: name, Value: value } of rows as { Variable_name: string; Value: string }[]) {
    if (wanted.test(name) && Number(value) > 0) found[`mariadb ${name}`] = Number(value);
  }
  const client = new Redis(redis.url);
  const info = `${await client.info("commandstats")}\n${await client.info("stats")}`;
  client.disconnect();
  for (const [, name, calls, usec] of info.matchAll(/^cmdstat_([^:]+):calls=(\d+),usec=(\d+)/gm)) {
    found[`redis ${name} calls`] = Number(calls);
    found[`redis ${name} µs`] = Number(usec);
  }
  for (const [, name, value] of info.matchAll(/^(total_\w+):(\d+)/gm)) found[`redis ${name}`] = Number(value);
  const answer = await fetch(`${nats.monitorUrl}/varz`);
  const varz = (await answer.json()) as Record<string, number>;
  for (const name of ["in_msgs", "out_msgs", "in_bytes", "out_bytes"])
    found[`nats ${name}`] = varz[name] ?? 0;
  return found;
}

/** What happened between two, per second. */
export function rates(before: Counts, after: Counts, seconds: number): Counts {
  const all = Object.entries(after).map(([name, value]): [string, number] => [
    name,
    (value - (before[name] ?? 0)) / seconds,
  ]);
  return Object.fromEntries(all.filter(([, rate]) => rate > 0.5));
}

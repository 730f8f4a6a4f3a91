/** The settings, each by itself. docs/reference/configuration.md mirrors them; a test compares. */
import os from "node:os";
import { z } from "zod";
import { isHostPattern } from "../host-names.ts";
import { LEGACY_SETTINGS } from "../profile.ts";
import { canonicalName, hasUnseen } from "../user-name.ts";
import { isZone } from "../wall-clock.ts";
import { isNoPassword } from "../weak-passwords.ts";
import {
  isServer,
  key,
  list,
  namespaceName,
  peers,
  ranges,
  rpcNamespaces,
  server,
  url,
  whole,
} from "./kinds.ts";

export const SERVICE_NAMES = ["api", "scheduler", "dispatcher", "notifier", "admin", "dubbo"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export const LOG_FORMATS = ["json", "text"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The one that everybody knows. */
export const DEFAULT_PASSWORD = "admin";
/** No password: the environment opens nothing but kkbida's endpoint. */
export const NO_PASSWORD = "";

export const VARIABLES = z.object({
  BIDA_HOST: z.string().default("127.0.0.1"),
  BIDA_PORT: whole(0, 65_535).default(8080),
  BIDA_DATA_DIR: z.string().default("./data"),
  BIDA_DATABASE_URL: server(["mysql"])
    .refine(
      // What cannot be read is refused above.
      (text) => !/^\/?$/.test(URL.parse(text)?.pathname ?? "unread"),
      "must name a database: mysql://user:pass@host:3306/db",
    )
    .optional(),
  BIDA_REDIS_URL: server(["redis", "rediss"]).optional(),
  BIDA_NATS_URL: list.pipe(z.array(server(["nats", "tls"]))).default([]),
  BIDA_RPC_NATS_URL: list.pipe(z.array(server(["nats", "tls"]))).default([]),
  BIDA_NAMESPACE: namespaceName.default("bida"),
  BIDA_RPC_NAMESPACES: rpcNamespaces.default([""]),
  BIDA_RPC_ALIASES: z.enum(["on", "off"], { error: "must be on or off" }).default("on"),
  // As other users' names: MySQL does not tell two of them apart by blanks at the end.
  BIDA_ADMIN_USERNAME: z
    .string()
    .min(1)
    .max(64)
    .overwrite(canonicalName)
    .refine((name) => name === name.trim(), "must not begin or end with a blank")
    .refine((name) => !hasUnseen(name), "must not contain characters that cannot be seen")
    .default("admin"),
  BIDA_ADMIN_PASSWORD: z
    .string()
    .max(256)
    .superRefine((password, ctx) => {
      const problem = isNoPassword(password);
      if (problem) ctx.addIssue(problem);
    })
    .default(DEFAULT_PASSWORD),
  BIDA_API_IP_ALLOW: peers.default(["127.0.0.1", "::1"]),
  BIDA_TRUST_PROXY: peers.default([]),
  BIDA_ALLOWED_HOSTS: list
    .pipe(
      z.array(
        z.string().refine(isHostPattern, "must be host names: bida.example, *.bida.example or 10.0.0.2"),
      ),
    )
    .default([]),
  BIDA_METRICS_ALLOW: peers.default([]),
  BIDA_EGRESS_ALLOW: ranges.optional(),
  BIDA_EGRESS_PROXY: url(["http", "https"])
    .refine(
      (text) => /^\/?$/.test(URL.parse(text)?.pathname ?? "") && !/[?#]/.test(text),
      "must be a proxy's address alone: http://user:pass@proxy:3128",
    )
    .optional(),
  BIDA_NEW_DESTINATIONS: whole(0, 1_000_000).default(1_000),
  BIDA_DNS_SERVERS: list
    .pipe(z.array(z.string().refine(isServer, "must be addresses: 10.0.0.2, 10.0.0.2:5353 or [fd00::2]:53")))
    .default([]),
  BIDA_THREADS: whole(1, 256).default(Math.max(1, os.availableParallelism() - 1)),
  BIDA_CONCURRENCY: whole(1, 10_000).optional(),
  BIDA_DESTINATION_CONCURRENCY: whole(1, 10_000).default(64),
  BIDA_LEASE_MS: whole(1_000, 600_000).default(10_000),
  BIDA_DRAIN_DELAY_MS: whole(0, 300_000).optional(),
  BIDA_CALLER_BYTES_PER_SECOND: whole(0, 1_000_000_000).default(16 * 1024 * 1024),
  BIDA_APP_OPEN_TASKS: whole(0, 1_000_000_000).default(1_000_000),
  BIDA_RETENTION_DAYS: whole(0, 36_500).default(30),
  BIDA_LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace"], {
      error: "must be fatal, error, warn, info, debug or trace",
    })
    .default("info"),
  BIDA_LOG_FORMAT: z
    .enum(LOG_FORMATS, { error: "must be json or text" })
    .default(process.stdout.isTTY ? "text" : "json"),
  BIDA_SECRET_KEY: key.optional(),
  BIDA_SECRET_KEY_PREVIOUS: list.pipe(z.array(key)).default([]),
  BIDA_ENCRYPT_PAYLOADS: z.enum(["true", "false"], "must be true or false").default("false"),
  BIDA_PUBLIC_URL: url(["http", "https"]).optional(),
  BIDA_DUBBO_PORT: whole(0, 65_535).optional(),
  BIDA_DUBBO_HOST: z
    .string()
    .regex(/^[\w.:-]{1,255}$/, "must be a host name or an address")
    .optional(),
  BIDA_DUBBO_IP_ALLOW: peers.default(["127.0.0.1", "::1"]),
  BIDA_DUBBO_APP: z.string().max(64).optional(),
  BIDA_DUBBO_REGISTRY: z
    .string()
    .transform((text) => text.split(/[|;]/).map((part) => part.trim()))
    .pipe(z.array(url(["redis", "rediss", "zookeeper"])))
    .default([]),
  BIDA_TIME_ZONE: z.string().refine(isZone, "must be a time zone such as Asia/Shanghai or +08:00").optional(),
  BIDA_LEGACY_CREDENTIALS: z
    .string()
    .regex(/^[^:]{1,64}:.{1,256}$/s, {
      error: "must be a user name and a password, with a colon between",
      abort: true,
    })
    .superRefine((text, ctx) => {
      const problem = isNoPassword(text.slice(text.indexOf(":") + 1));
      if (problem) ctx.addIssue(`the password ${problem}`);
    })
    .optional(),
  BIDA_LEGACY_TIMEOUT_MS: whole(100, 120_000).default(LEGACY_SETTINGS.timeoutMs),
  BIDA_LEGACY_APPEND_QUERY: z.enum(["true", "false"], { error: "must be true or false" }).default("false"),
  SERVICES: list
    .pipe(z.array(z.enum(SERVICE_NAMES, { error: `may name ${SERVICE_NAMES.join(", ")}` })).min(1))
    .optional(),
});

/** Empty, they say something else than absent. */
export const MAY_BE_EMPTY = new Set(["BIDA_EGRESS_ALLOW"]);

export type Variables = z.output<typeof VARIABLES>;

/** Configuration from the environment, checked once at boot. The table in README.md mirrors {@link VARIABLES}. */
import { isIP } from "node:net";
import os from "node:os";
import { z } from "zod";
import { AddressRanges, LOOPBACK_RANGES, neverMatches, PRIVATE_RANGES } from "./addresses.ts";
import { type Millis, millis } from "./clock.ts";
import { EgressPolicy } from "./egress.ts";
import { isHostPattern } from "./host-names.ts";
import { openFileLimit, socketsPerThread } from "./open-files.ts";
import { LEGACY_SETTINGS, type LegacySettings } from "./profile.ts";
import { tlsOf } from "./server-tls.ts";
import { canonicalName, hasUnseen } from "./user-name.ts";
import { isZone, type Zone } from "./wall-clock.ts";
import { isNoPassword, weaknessOf } from "./weak-passwords.ts";

export const SERVICE_NAMES = ["api", "scheduler", "dispatcher", "notifier", "admin", "dubbo"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export interface Config {
  host: string;
  port: number;
  dataDir: string;
  /** Null: the embedded SQLite file in `dataDir`. */
  databaseUrl: string | null;
  /** Null: the due set lives in this process. */
  redisUrl: string | null;
  /** Empty: a single process. */
  natsUrls: string[];
  /** Moleculer's namespace of Bida's own nodes. */
  namespace: string;
  /** The namespaces in which other services reach Bida; "" is Moleculer's default. */
  rpcNamespaces: string[];
  /** Whether they may also use the names without `bida.`. */
  rpcAliases: boolean;
  adminUsername: string;
  adminPassword: string;
  /** Who may use the legacy API. */
  apiIpAllow: AddressRanges;
  /** Whose `x-forwarded-for` is believed. */
  trustProxy: AddressRanges;
  /** More host names under which callers reach the API; see `core/host-names.ts`. */
  allowedHosts: string[];
  /** Who may read `/metrics` without credentials, beside loopback. */
  metricsAllow: AddressRanges;
  /** Non-public ranges callbacks may reach. See {@link EgressPolicy}. */
  egressAllow: string[];
  /** Those that they may reach beside while nobody but the first administrator could ever hand over tasks. */
  egressWhileAlone: string[];
  /** The proxy that callbacks go through. Null: none. */
  egressProxy: string | null;
  /** Name servers for callbacks' hosts, `ip` or `ip:port`. Empty: those of the system. */
  dnsServers: string[];
  threads: number;
  /** New destinations of one caller per minute; 0: any number. */
  newDestinations: number;
  /** Sockets that each thread's calls may have, by the process's limit of open files. */
  socketsPerThread: number;
  /** Calls in flight per thread. */
  concurrency: number;
  /** Of them, to one origin. */
  destinationConcurrency: number;
  leaseMs: Millis;
  /** From SIGTERM on a node with `api` goes on for so long while `/readyz` says 503. */
  drainDelayMs: Millis;
  /** Of request bodies of one caller, on one node with the REST API; 0: no limit. */
  callerBytesPerSecond: number;
  /** Tasks of one app that have not ended; 0: no limit. */
  appOpenTasks: number;
  /** 0 keeps everything. */
  retentionDays: number;
  logLevel: string;
  /** `text`: lines for people. */
  logFormat: LogFormat;
  /** 32 bytes that seal signing secrets in the database. Null: generated once in `dataDir`. */
  secretKey: Buffer | null;
  /** Keys from before: they open, and seal nothing. */
  formerSecretKeys: Buffer[];
  /** Whether payloads, headers and answers are sealed in the database. */
  encryptPayloads: boolean;
  /** Where people find the UI; links in alarms begin with it. Without a slash at its end. */
  publicUrl: string;
  /** Where Dubbo consumers connect. Null: nowhere. */
  dubboPort: number | null;
  /** This machine as consumers reach it; it is what registries tell them. Null: loopback only. */
  dubboHost: string | null;
  dubboIpAllow: AddressRanges;
  /** The app that their tasks belong to, by its name. Null: none. */
  dubboApp: string | null;
  /** URLs of the registries that consumers look into. */
  dubboRegistries: string[];
  /** Of times in alarms. Undefined: the machine's. */
  timeZone: Zone;
  /** What kkbida's endpoint takes instead of the administrator's name and password. Null: those. */
  legacyCredentials: { username: string; password: string } | null;
  /** How kkbida's users' tasks are called. */
  legacy: LegacySettings;
  /** What this node runs. */
  services: ServiceName[];
}

export const LOG_FORMATS = ["json", "text"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The mistakes end the start; `message` is one line that names the variable. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** The one that everybody knows. */
export const DEFAULT_PASSWORD = "admin";
/** No password: the environment opens nothing but kkbida's endpoint. */
export const NO_PASSWORD = "";

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number, ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be ${min} to ${max}`);

const url = (schemes: string[]) =>
  z.string().refine(
    (text) => {
      const parsed = URL.parse(text);
      return parsed !== null && schemes.includes(parsed.protocol.slice(0, -1)) && parsed.hostname !== "";
    },
    `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
  );

/** Of a server that Bida uses: with parameters of TLS and no others. */
const server = (schemes: string[]) =>
  url(schemes).superRefine((text, ctx) => {
    const parsed = URL.parse(text);
    if (parsed === null || !schemes.includes(parsed.protocol.slice(0, -1))) return;
    try {
      tlsOf(text);
    } catch (error) {
      ctx.addIssue((error as Error).message);
    }
  });

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== ""),
);

const ranges = list.superRefine((entries, ctx) => {
  try {
    new EgressPolicy(entries);
  } catch (error) {
    ctx.addIssue((error as Error).message);
  }
});

const key = z
  .string()
  .transform((text) => Buffer.from(text, "base64"))
  .refine((bytes) => bytes.length === 32, "must be 32 bytes in base64 (openssl rand -base64 32)");

/** Part of a NATS subject: no blanks, no wildcards. A dot would make two parts of one. */
const namespaceName = z.string().regex(/^[\w-]{1,64}$/, "must be letters, digits, - and _, at most 64");

/** Stands for Moleculer's default namespace, which has no name. */
export const DEFAULT_NAMESPACE = "default";

const NAMES = "must be names of namespaces: default,shop; or none";
const rpcNamespaces = list
  .pipe(z.array(z.string().regex(/^[\w.-]{1,64}$/, NAMES)).min(1, NAMES))
  .refine((names) => names.length === 1 || !names.includes("none"), "none stands alone")
  .transform((names) =>
    [...new Set(names)]
      .filter((name) => name !== "none")
      .map((name) => (name === DEFAULT_NAMESPACE ? "" : name)),
  );

/** Of callers and proxies. One that can never match would be taken for a protection, or for a permission, that it is not. */
const peers = ranges.superRefine((entries, ctx) => {
  const problem = entries.map(neverMatches).find((one) => one !== null);
  if (problem) ctx.addIssue(problem);
});

/** Where the limit of open files allows it. */
const DEFAULT_CONCURRENCY = 256;

/** `ip`, `ip:port` or `[ip]:port`. */
function isServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const [, v6 = "", v4 = "", port = "53"] = /^(?:\[(.+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  return (isIP(v6) === 6 || isIP(v4) === 4) && Number(port) >= 1 && Number(port) <= 65_535;
}

const VARIABLES = z.object({
  BIDA_HOST: z.string().default("127.0.0.1"),
  BIDA_PORT: whole(0, 65_535).default(8080),
  BIDA_DATA_DIR: z.string().default("./data"),
  BIDA_DATABASE_URL: server(["mysql"])
    .refine(
      (text) => (URL.parse(text)?.pathname.length ?? 0) > 1,
      "must name a database: mysql://user:pass@host:3306/db",
    )
    .optional(),
  BIDA_REDIS_URL: server(["redis", "rediss"]).optional(),
  BIDA_NATS_URL: list.pipe(z.array(server(["nats", "tls"]))).default([]),
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
    .regex(/^[^:]{1,64}:.{1,256}$/s, "must be a user name and a password, with a colon between")
    .optional(),
  BIDA_LEGACY_TIMEOUT_MS: whole(100, 120_000).default(LEGACY_SETTINGS.timeoutMs),
  BIDA_LEGACY_APPEND_QUERY: z.enum(["true", "false"], { error: "must be true or false" }).default("false"),
  SERVICES: list
    .pipe(z.array(z.enum(SERVICE_NAMES, { error: `may name ${SERVICE_NAMES.join(", ")}` })).min(1))
    .optional(),
});

/** Empty, they say something else than absent. */
const MAY_BE_EMPTY = new Set(["BIDA_EGRESS_ALLOW"]);

/**
 * Reads and checks the environment. Empty variables count as absent, except that no range may be allowed at all.
 * @param openFiles the process's limit, see {@link openFileLimit}
 * @throws ConfigError for the first mistake
 */
export function loadConfig(
  env: Record<string, string | undefined>,
  openFiles: number | null = openFileLimit(),
): Config {
  const v = checked(VARIABLES, env);
  const embedded = v.BIDA_NATS_URL.length === 0;
  const sockets = socketsPerThread(openFiles, v.BIDA_THREADS);
  for (const mistake of combinationMistakes(v)) throw new ConfigError(mistake);
  return {
    host: v.BIDA_HOST,
    port: v.BIDA_PORT,
    dataDir: v.BIDA_DATA_DIR,
    databaseUrl: v.BIDA_DATABASE_URL ?? null,
    redisUrl: v.BIDA_REDIS_URL ?? null,
    natsUrls: v.BIDA_NATS_URL,
    namespace: v.BIDA_NAMESPACE,
    rpcNamespaces: v.BIDA_RPC_NAMESPACES,
    rpcAliases: v.BIDA_RPC_ALIASES === "on",
    adminUsername: v.BIDA_ADMIN_USERNAME,
    adminPassword: isLegacyOnly(v) ? NO_PASSWORD : v.BIDA_ADMIN_PASSWORD,
    apiIpAllow: new AddressRanges(v.BIDA_API_IP_ALLOW),
    trustProxy: new AddressRanges(v.BIDA_TRUST_PROXY),
    allowedHosts: v.BIDA_ALLOWED_HOSTS,
    metricsAllow: new AddressRanges(v.BIDA_METRICS_ALLOW),
    egressAllow: v.BIDA_EGRESS_ALLOW ?? [],
    egressWhileAlone: v.BIDA_EGRESS_ALLOW === undefined && isAlone(v) ? OWN_RANGES : [],
    egressProxy: v.BIDA_EGRESS_PROXY ?? null,
    threads: v.BIDA_THREADS,
    dnsServers: v.BIDA_DNS_SERVERS,
    newDestinations: v.BIDA_NEW_DESTINATIONS,
    socketsPerThread: sockets,
    concurrency: v.BIDA_CONCURRENCY ?? Math.min(DEFAULT_CONCURRENCY, sockets),
    destinationConcurrency: v.BIDA_DESTINATION_CONCURRENCY,
    leaseMs: millis(v.BIDA_LEASE_MS),
    // A process alone has no load balancer that could send callers elsewhere.
    drainDelayMs: millis(v.BIDA_DRAIN_DELAY_MS ?? (embedded ? 0 : 3_000)),
    callerBytesPerSecond: v.BIDA_CALLER_BYTES_PER_SECOND,
    appOpenTasks: v.BIDA_APP_OPEN_TASKS,
    retentionDays: v.BIDA_RETENTION_DAYS,
    logLevel: v.BIDA_LOG_LEVEL,
    logFormat: v.BIDA_LOG_FORMAT,
    secretKey: v.BIDA_SECRET_KEY ?? null,
    formerSecretKeys: v.BIDA_SECRET_KEY_PREVIOUS,
    encryptPayloads: v.BIDA_ENCRYPT_PAYLOADS === "true",
    publicUrl: (v.BIDA_PUBLIC_URL ?? `http://${inUrl(v.BIDA_HOST)}:${v.BIDA_PORT}`).replace(/\/+$/, ""),
    dubboPort: v.BIDA_DUBBO_PORT ?? null,
    dubboHost: v.BIDA_DUBBO_HOST ?? null,
    dubboIpAllow: new AddressRanges(v.BIDA_DUBBO_IP_ALLOW),
    dubboApp: v.BIDA_DUBBO_APP ?? null,
    dubboRegistries: v.BIDA_DUBBO_REGISTRY,
    timeZone: v.BIDA_TIME_ZONE,
    legacyCredentials: credentialsOf(v.BIDA_LEGACY_CREDENTIALS),
    legacy: {
      timeoutMs: millis(v.BIDA_LEGACY_TIMEOUT_MS),
      profile: v.BIDA_LEGACY_APPEND_QUERY === "true" ? "kkbida-query" : "kkbida",
    },
    services: servicesOf(v),
  };
}

/** What a program needs that is no node: to find the cluster, or the embedded process. */
export type ClientConfig = Pick<Config, "natsUrls" | "namespace" | "dataDir" | "logLevel" | "logFormat">;

const CLIENT_VARIABLES = VARIABLES.pick({
  BIDA_NATS_URL: true,
  BIDA_NAMESPACE: true,
  BIDA_DATA_DIR: true,
  BIDA_LOG_FORMAT: true,
}).extend({
  BIDA_LOG_LEVEL: VARIABLES.shape.BIDA_LOG_LEVEL.unwrap().default("fatal"),
});

/** @throws ConfigError for the first mistake */
export function loadClientConfig(env: Record<string, string | undefined>): ClientConfig {
  const v = checked(CLIENT_VARIABLES, env);
  return {
    natsUrls: v.BIDA_NATS_URL,
    namespace: v.BIDA_NAMESPACE,
    dataDir: v.BIDA_DATA_DIR,
    logLevel: v.BIDA_LOG_LEVEL,
    logFormat: v.BIDA_LOG_FORMAT,
  };
}

/** Settings of programs that ask a Bida; a node takes no notice of them. */
const OF_THE_COMMAND_LINE = ["BIDA_URL", "BIDA_API_KEY", "BIDA_USER", "BIDA_DEBUG"];

/** Names of all settings. */
export const VARIABLE_NAMES: string[] = [...Object.keys(VARIABLES.shape), ...OF_THE_COMMAND_LINE];

/**
 * Everything that is wrong with the environment, a line each; {@link loadConfig} throws the first of them. Rules between
 * variables are looked at where each by itself is right.
 */
export function configMistakes(env: Record<string, string | undefined>): string[] {
  const given = givenIn(env);
  const parsed = VARIABLES.safeParse(given);
  return parsed.success
    ? [...combinationMistakes(parsed.data)]
    : parsed.error.issues.map((issue) => mistakeOf(issue, given));
}

function checked<S extends z.ZodType>(variables: S, env: Record<string, string | undefined>): z.output<S> {
  const given = givenIn(env);
  const parsed = variables.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(mistakeOf(parsed.error.issues[0] as z.core.$ZodIssue, given));
}

function givenIn(env: Record<string, string | undefined>): Record<string, string | undefined> {
  // A password of blanks is a mistake, not an absence: somebody believes that one is set.
  const isGiven = ([name, value]: [string, string | undefined]) =>
    name === "BIDA_ADMIN_PASSWORD"
      ? Boolean(value)
      : Boolean(value?.trim()) || (value !== undefined && MAY_BE_EMPTY.has(name));
  return Object.fromEntries(Object.entries(env).filter(isGiven));
}

function mistakeOf({ path, message }: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(path[0]);
  return `${name}: ${message} (it is ${shown(name, given[name])})`;
}

/** Whether the database and the due set are this process's alone. */
export const isEmbedded = (config: Pick<Config, "natsUrls">): boolean => config.natsUrls.length === 0;

type Variables = z.output<typeof VARIABLES>;

/** `dubbo` is a service where it has a port. */
const usual = SERVICE_NAMES.filter((name) => name !== "dubbo");
const servicesOf = ({ SERVICES, BIDA_DUBBO_PORT }: Variables): ServiceName[] =>
  SERVICES ?? (BIDA_DUBBO_PORT === undefined ? usual : [...SERVICE_NAMES]);

function* combinationMistakes(v: Variables): Generator<string> {
  const services = servicesOf(v);
  if (v.BIDA_RPC_NAMESPACES.includes(v.BIDA_NAMESPACE))
    yield `BIDA_RPC_NAMESPACES: ${v.BIDA_NAMESPACE} is the namespace of Bida's own nodes (BIDA_NAMESPACE)`;
  if (services.includes("dubbo")) yield* dubboMistakes(v);
  if (v.BIDA_NATS_URL.length > 0) {
    if (!v.BIDA_REDIS_URL) yield "BIDA_REDIS_URL: is needed with BIDA_NATS_URL (more than one node)";
    if (!v.BIDA_DATABASE_URL) yield "BIDA_DATABASE_URL: is needed with BIDA_NATS_URL (more than one node)";
    if (v.BIDA_ENCRYPT_PAYLOADS === "true" && !v.BIDA_SECRET_KEY)
      yield "BIDA_SECRET_KEY: is needed with BIDA_ENCRYPT_PAYLOADS in a cluster";
  } else if (usual.some((name) => !services.includes(name))) {
    yield "SERVICES: without BIDA_NATS_URL one process runs all services; leave it unset";
  }
  if (services.includes("api") && !isLoopback(v.BIDA_HOST) && !isLegacyOnly(v)) yield* passwordMistakes(v);
}

function* passwordMistakes({ BIDA_ADMIN_PASSWORD: password, BIDA_HOST: host }: Variables): Generator<string> {
  if (password === DEFAULT_PASSWORD) {
    yield `BIDA_ADMIN_PASSWORD: the default password is for loopback only; set another one to listen on ${host}`;
    return;
  }
  const weakness = weaknessOf(password);
  if (weakness) yield `BIDA_ADMIN_PASSWORD: ${weakness}, to listen on ${host} (it is not shown)`;
}

function* dubboMistakes(v: Variables): Generator<string> {
  if (v.BIDA_DUBBO_PORT === undefined) yield "BIDA_DUBBO_PORT: is needed where SERVICES names dubbo";
  if (v.BIDA_DUBBO_REGISTRY.length === 0) return;
  // Consumers put their own address in the place of such a one.
  const host = v.BIDA_DUBBO_HOST;
  if (host === undefined || host === "0.0.0.0" || host === "::" || isLoopback(host))
    yield "BIDA_DUBBO_HOST: is needed with BIDA_DUBBO_REGISTRY, an address of this machine that consumers reach (not loopback)";
}

/**
 * kkbida's own password that everybody knows, kept for its clients: with `BIDA_LEGACY_CREDENTIALS` saying the same it opens kkbida's
 * endpoint, and nothing else beyond loopback.
 */
const isLegacyOnly = (v: Variables): boolean =>
  v.BIDA_ADMIN_PASSWORD === DEFAULT_PASSWORD &&
  v.BIDA_LEGACY_CREDENTIALS === `${v.BIDA_ADMIN_USERNAME}:${v.BIDA_ADMIN_PASSWORD}` &&
  !isLoopback(v.BIDA_HOST);

function credentialsOf(text: string | undefined): Config["legacyCredentials"] {
  if (text === undefined) return null;
  const colon = text.indexOf(":");
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

const OWN_RANGES = [...LOOPBACK_RANGES, ...PRIVATE_RANGES];

/** Nobody else can reach this process over a network; whom it knows is another matter. */
const isAlone = (v: Variables): boolean =>
  v.BIDA_NATS_URL.length === 0 &&
  isLoopback(v.BIDA_HOST) &&
  (v.BIDA_DUBBO_PORT === undefined || v.BIDA_DUBBO_HOST === undefined);

const inUrl = (host: string): string => (host.includes(":") ? `[${host}]` : host);

const loopback = new AddressRanges(LOOPBACK_RANGES);
const isLoopback = (host: string) => host === "localhost" || loopback.includes(host);

/** Values of variables that can hold a secret are not repeated. */
function shown(name: string, value: string | undefined): string {
  return /PASSWORD|URL|KEY|REGISTRY|CREDENTIALS|EGRESS_PROXY/.test(name) ? "not shown" : `"${value}"`;
}

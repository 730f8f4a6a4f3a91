/** Configuration from the environment, checked once at boot. */
import type { z } from "zod";
import { AddressRanges, LOOPBACK_RANGES, PRIVATE_RANGES } from "./addresses.ts";
import { type Millis, millis } from "./clock.ts";
import { EgressPolicy } from "./egress.ts";
import { openFileLimit, socketsPerThread } from "./open-files.ts";
import type { LegacySettings } from "./profile.ts";
import { combinationMistakes, isAlone, isLegacyOnly, servicesOf } from "./settings/rules.ts";
import { fileOf, SECRET_FILES, secretFromFile, withSecretFiles } from "./settings/secret-files.ts";
import {
  type LogFormat,
  MAY_BE_EMPTY,
  NO_PASSWORD,
  type ServiceName,
  VARIABLES,
} from "./settings/variables.ts";
import type { Zone } from "./wall-clock.ts";

export { DEFAULT_NAMESPACE } from "./settings/kinds.ts";
export {
  DEFAULT_PASSWORD,
  LOG_FORMATS,
  type LogFormat,
  NO_PASSWORD,
  SERVICE_NAMES,
  type ServiceName,
} from "./settings/variables.ts";

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
  /** Where other programs reach Bida over RPC: an account or a server of their own, or the same. */
  rpcNatsUrls: string[];
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

/** The mistakes end the start; `message` is one line that names the variable. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** Where the limit of open files allows it. */
const DEFAULT_CONCURRENCY = 256;

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
    rpcNatsUrls: v.BIDA_RPC_NATS_URL.length > 0 ? v.BIDA_RPC_NATS_URL : v.BIDA_NATS_URL,
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

/** Whether a name in the environment is one of a setting, or of one that names a secret's file. */
export const isVariable = (name: string): boolean =>
  VARIABLE_NAMES.includes(name) || SECRET_FILES.includes(name);

/**
 * A secret of a program that asks a Bida, such as `BIDA_API_KEY`, from the environment or from its file.
 * @returns null where there is none
 * @throws ConfigError
 */
export function secretSetting(env: Record<string, string | undefined>, name: string): string | null {
  try {
    return secretFromFile(env, name) ?? (env[name] || null);
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

/**
 * Everything that is wrong with the environment, a line each; {@link loadConfig} throws the first of them. Rules between
 * variables are looked at where each by itself is right.
 */
export function configMistakes(env: Record<string, string | undefined>): string[] {
  const { given, inFiles, mistakes } = givenIn(env, VARIABLES);
  const parsed = VARIABLES.safeParse(given);
  if (!parsed.success) return [...mistakes, ...mistakesOf(parsed.error.issues, given, inFiles)];
  return mistakes.length > 0 ? mistakes : [...combinationMistakes(parsed.data)];
}

function checked<S extends z.ZodObject>(variables: S, env: Record<string, string | undefined>): z.output<S> {
  const { given, inFiles, mistakes } = givenIn(env, variables);
  for (const mistake of mistakes) throw new ConfigError(mistake);
  const parsed = variables.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(mistakesOf(parsed.error.issues, given, inFiles)[0]);
}

/** What is set, here or in files, and the mistakes of the latter. */
function givenIn(
  env: Record<string, string | undefined>,
  variables: z.ZodObject,
): { given: Record<string, string | undefined>; inFiles: Set<string>; mistakes: string[] } {
  const { env: all, inFiles, mistakes } = withSecretFiles(env, Object.keys(variables.shape));
  // A password of blanks is a mistake, not an absence: somebody believes that one is set.
  const isGiven = ([name, value]: [string, string | undefined]) =>
    name === "BIDA_ADMIN_PASSWORD"
      ? Boolean(value)
      : Boolean(value?.trim()) || (value !== undefined && MAY_BE_EMPTY.has(name));
  return { given: Object.fromEntries(Object.entries(all).filter(isGiven)), inFiles, mistakes };
}

/** A line for each setting, with everything that is wrong with it. */
function mistakesOf(
  issues: z.core.$ZodIssue[],
  given: Record<string, string | undefined>,
  inFiles: Set<string>,
): string[] {
  const bySetting = Map.groupBy(issues, ({ path }) => String(path[0]));
  return Array.from(bySetting, ([name, own]) => {
    const messages = new Set(own.map(({ message }) => message));
    return `${inFiles.has(name) ? fileOf(name) : name}: ${[...messages].join("; ")} (it is ${shown(name, given[name])})`;
  });
}

/** Whether the database and the due set are this process's alone. */
export const isEmbedded = (config: Pick<Config, "natsUrls">): boolean => config.natsUrls.length === 0;

function credentialsOf(text: string | undefined): Config["legacyCredentials"] {
  if (text === undefined) return null;
  const colon = text.indexOf(":");
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

const OWN_RANGES = [...LOOPBACK_RANGES, ...PRIVATE_RANGES];

const inUrl = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** Values of variables that can hold a secret are not repeated. */
function shown(name: string, value: string | undefined): string {
  return /PASSWORD|URL|KEY|REGISTRY|CREDENTIALS|EGRESS_PROXY/.test(name) ? "not shown" : `"${value}"`;
}

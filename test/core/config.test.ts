import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Config,
  ConfigError,
  configMistakes,
  isEmbedded,
  isVariable,
  loadClientConfig,
  loadConfig,
  SERVICE_NAMES,
  secretSetting,
} from "../../core/config.ts";
import { temporaryFolder } from "../servers/server.ts";
import { thrown } from "./helpers.ts";

const test = suite("config");

const CLUSTER = {
  BIDA_DATABASE_URL: "mysql://u:p@db/bida",
  BIDA_REDIS_URL: "redis://r",
  BIDA_NATS_URL: "nats://n:4222",
};
/** What runs where nothing is said: `dubbo` needs a port. */
const USUAL = SERVICE_NAMES.filter((name) => name !== "dubbo");
const OWN_RANGES = ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
const KEY = Buffer.alloc(32, 7).toString("base64");

test("defaults", () => {
  const { apiIpAllow, trustProxy, metricsAllow, threads, socketsPerThread, dubboIpAllow, ...rest } =
    loadConfig({ BIDA_THREADS: "2" }, 65_536);
  assert.equal(rest, {
    host: "127.0.0.1",
    port: 8080,
    dataDir: "./data",
    databaseUrl: null,
    redisUrl: null,
    natsUrls: [],
    rpcNatsUrls: [],
    namespace: "bida",
    rpcNamespaces: [""],
    rpcAliases: true,
    adminUsername: "admin",
    adminPassword: "admin",
    egressAllow: [],
    egressWhileAlone: OWN_RANGES,
    egressProxy: null,
    dnsServers: [],
    allowedHosts: [],
    newDestinations: 1_000,
    concurrency: 256,
    destinationConcurrency: 64,
    leaseMs: 10_000,
    callerBytesPerSecond: 16 * 1024 * 1024,
    appOpenTasks: 1_000_000,
    retentionDays: 30,
    logLevel: "info",
    logFormat: process.stdout.isTTY ? "text" : "json",
    secretKey: null,
    formerSecretKeys: [],
    encryptPayloads: false,
    publicUrl: "http://127.0.0.1:8080",
    services: USUAL,
    drainDelayMs: 0,
    dubboPort: null,
    dubboHost: null,
    dubboApp: null,
    dubboRegistries: [],
    legacyCredentials: null,
    legacy: { timeoutMs: 60_000, profile: "kkbida" },
    timeZone: undefined,
  } as unknown as typeof rest);
  assert.ok(Number.isInteger(threads) && threads >= 1);
  assert.ok(Number.isInteger(socketsPerThread) && socketsPerThread >= 1);
  assert.ok(dubboIpAllow.includes("127.0.0.1"));
  assert.equal(
    ["127.0.0.1", "::1", "127.0.0.2", "10.0.0.1"].map((ip) => apiIpAllow.includes(ip)),
    [true, true, false, false],
  );
  assert.not.ok(trustProxy.includes("127.0.0.1"));
  assert.not.ok(metricsAllow.includes("127.0.0.1"));
  assert.equal(
    ["127.0.0.1", "::1", "10.0.0.1"].map((ip) => dubboIpAllow.includes(ip)),
    [true, true, false],
  );
});

test("empty and blank variables count as absent", () => {
  const blank = {
    BIDA_PORT: "",
    BIDA_NATS_URL: "  ",
    BIDA_ADMIN_PASSWORD: "",
    SERVICES: "",
  };
  assert.equal(JSON.stringify(loadConfig(blank)), JSON.stringify(loadConfig({})));
});

const EGRESS: [what: string, env: Record<string, string>, allow: string[], whileAlone: string[]][] = [
  ["unset, loopback", {}, [], OWN_RANGES],
  ["unset, loopback by name", { BIDA_HOST: "localhost" }, [], OWN_RANGES],
  ["unset, Dubbo on loopback", { BIDA_DUBBO_PORT: "0" }, [], OWN_RANGES],
  ["unset, Dubbo for others", { BIDA_DUBBO_PORT: "0", BIDA_DUBBO_HOST: "10.0.0.1" }, [], []],
  ["unset, beyond loopback", { BIDA_HOST: "0.0.0.0", BIDA_ADMIN_PASSWORD: "long enough" }, [], []],
  ["unset, a MySQL of its own", { BIDA_DATABASE_URL: "mysql://h/db" }, [], OWN_RANGES],
  ["unset, cluster", CLUSTER, [], []],
  ["empty: none", { BIDA_EGRESS_ALLOW: "" }, [], []],
  ["blank: none", { BIDA_EGRESS_ALLOW: "  " }, [], []],
  ["empty, cluster", { ...CLUSTER, BIDA_EGRESS_ALLOW: "" }, [], []],
  ["set", { BIDA_EGRESS_ALLOW: "10.0.0.0/8" }, ["10.0.0.0/8"], []],
];
for (const [what, env, allow, whileAlone] of EGRESS) {
  test(`BIDA_EGRESS_ALLOW ${what}`, () => {
    const { egressAllow, egressWhileAlone } = loadConfig(env);
    assert.equal([egressAllow, egressWhileAlone], [allow, whileAlone]);
  });
}

const GOOD: [env: Record<string, string>, read: (config: Config) => unknown, wanted: unknown][] = [
  [{ BIDA_HOST: "localhost" }, (c) => c.host, "localhost"],
  [{ BIDA_TIME_ZONE: "Asia/Shanghai" }, (c) => c.timeZone, "Asia/Shanghai"],
  [{ BIDA_TIME_ZONE: "+08:00" }, (c) => c.timeZone, "+08:00"],
  [
    { BIDA_LEGACY_CREDENTIALS: "kk:a:b" },
    (c) => [c.legacyCredentials, c.adminPassword],
    [{ username: "kk", password: "a:b" }, "admin"],
  ],
  [
    { BIDA_HOST: "0.0.0.0", BIDA_ADMIN_PASSWORD: "admin", BIDA_LEGACY_CREDENTIALS: "admin:admin" },
    (c) => [c.legacyCredentials?.password, c.adminPassword],
    ["admin", ""],
  ],
  [
    { BIDA_HOST: "127.0.0.1", BIDA_ADMIN_PASSWORD: "admin", BIDA_LEGACY_CREDENTIALS: "admin:admin" },
    (c) => c.adminPassword,
    "admin",
  ],
  [{ BIDA_LEGACY_TIMEOUT_MS: "120000" }, (c) => c.legacy.timeoutMs, 120_000],
  [{ BIDA_LEGACY_APPEND_QUERY: "true" }, (c) => c.legacy.profile, "kkbida-query"],
  [{ BIDA_LEGACY_APPEND_QUERY: "false" }, (c) => c.legacy.profile, "kkbida"],
  [{ BIDA_PORT: "0" }, (c) => c.port, 0],
  [{ BIDA_PORT: "65535" }, (c) => c.port, 65_535],
  [{ BIDA_DATA_DIR: "/var/bida" }, (c) => c.dataDir, "/var/bida"],
  [{ BIDA_DATABASE_URL: "mysql://u:p%40@h:3306/db" }, (c) => c.databaseUrl, "mysql://u:p%40@h:3306/db"],
  [{ BIDA_REDIS_URL: "rediss://:p@h:6379/1" }, (c) => c.redisUrl, "rediss://:p@h:6379/1"],
  [{ ...CLUSTER, BIDA_NATS_URL: "nats://a, tls://b ,," }, (c) => c.natsUrls, ["nats://a", "tls://b"]],
  [{ ...CLUSTER, BIDA_NATS_URL: "nats://a" }, (c) => c.rpcNatsUrls, ["nats://a"]],
  [{ ...CLUSTER, BIDA_NATS_URL: "nats://a", BIDA_RPC_NATS_URL: "," }, (c) => c.rpcNatsUrls, ["nats://a"]],
  [{ ...CLUSTER, BIDA_RPC_NATS_URL: "nats://b" }, (c) => c.rpcNatsUrls, ["nats://b"]],
  [
    { BIDA_ALLOWED_HOSTS: "a.example, *.b.example,::1" },
    (c) => c.allowedHosts,
    ["a.example", "*.b.example", "::1"],
  ],
  [{ BIDA_METRICS_ALLOW: "10.0.0.0/8" }, (c) => c.metricsAllow.includes("10.1.1.1"), true],
  [{ BIDA_NAMESPACE: "bida-2" }, (c) => c.namespace, "bida-2"],
  [{ BIDA_RPC_NAMESPACES: "shop, default,shop" }, (c) => c.rpcNamespaces, ["shop", ""]],
  [{ BIDA_RPC_NAMESPACES: "none" }, (c) => c.rpcNamespaces, []],
  [{ BIDA_RPC_NAMESPACES: "a.b" }, (c) => c.rpcNamespaces, ["a.b"]],
  [{ BIDA_RPC_ALIASES: "off" }, (c) => c.rpcAliases, false],
  [{ BIDA_ADMIN_USERNAME: "root" }, (c) => c.adminUsername, "root"],
  [{ BIDA_ADMIN_USERNAME: "ａｄｍｉｎ" }, (c) => c.adminUsername, "admin"],
  [{ BIDA_ADMIN_PASSWORD: "必达 secret" }, (c) => c.adminPassword, "必达 secret"],
  [{ BIDA_API_IP_ALLOW: "10.0.0.0/8, ::1" }, (c) => c.apiIpAllow.includes("10.9.9.9"), true],
  [{ BIDA_TRUST_PROXY: "10.0.0.1" }, (c) => c.trustProxy.includes("10.0.0.1"), true],
  [
    { BIDA_EGRESS_ALLOW: "10.0.0.0/8,169.254.169.254" },
    (c) => c.egressAllow,
    ["10.0.0.0/8", "169.254.169.254"],
  ],
  [
    { BIDA_DNS_SERVERS: "10.0.0.2, 10.0.0.2:5353,fd00::2,[fd00::2]:53" },
    (c) => c.dnsServers,
    ["10.0.0.2", "10.0.0.2:5353", "fd00::2", "[fd00::2]:53"],
  ],
  [{ BIDA_EGRESS_PROXY: "http://u:p@proxy:3128" }, (c) => c.egressProxy, "http://u:p@proxy:3128"],
  [{ BIDA_EGRESS_PROXY: "https://proxy/" }, (c) => c.egressProxy, "https://proxy/"],
  [{ BIDA_TRUST_PROXY: "0.0.0.0/0" }, (c) => c.trustProxy.includes("10.0.0.1"), true],
  [{ BIDA_TRUST_PROXY: "fe80::/10" }, (c) => c.trustProxy.includes("fe80::1%br-lan"), true],
  [{ BIDA_NEW_DESTINATIONS: "0" }, (c) => c.newDestinations, 0],
  [{ BIDA_THREADS: "4" }, (c) => c.threads, 4],
  [{ BIDA_CONCURRENCY: "1" }, (c) => c.concurrency, 1],
  [{ BIDA_DESTINATION_CONCURRENCY: "500" }, (c) => c.destinationConcurrency, 500],
  [{ BIDA_LEASE_MS: "1000" }, (c) => c.leaseMs, 1000],
  [{}, (c) => c.drainDelayMs, 0],
  [CLUSTER, (c) => c.drainDelayMs, 3000],
  [{ BIDA_DRAIN_DELAY_MS: "500" }, (c) => c.drainDelayMs, 500],
  [{ ...CLUSTER, BIDA_DRAIN_DELAY_MS: "0" }, (c) => c.drainDelayMs, 0],
  [{ BIDA_CALLER_BYTES_PER_SECOND: "0" }, (c) => c.callerBytesPerSecond, 0],
  [{ BIDA_APP_OPEN_TASKS: "5" }, (c) => c.appOpenTasks, 5],
  [{ BIDA_RETENTION_DAYS: "0" }, (c) => c.retentionDays, 0],
  [{ BIDA_LOG_LEVEL: "debug" }, (c) => c.logLevel, "debug"],
  [{ BIDA_SECRET_KEY: KEY }, (c) => c.secretKey?.toString("base64"), KEY],
  [{ BIDA_SECRET_KEY_PREVIOUS: `${KEY}, ${KEY}` }, (c) => c.formerSecretKeys.length, 2],
  [{ BIDA_ENCRYPT_PAYLOADS: "true" }, (c) => c.encryptPayloads, true],
  [{ ...CLUSTER, SERVICES: "api, admin" }, (c) => c.services, ["api", "admin"]],
  [{ SERVICES: "admin,notifier,dispatcher,scheduler,api" }, (c) => c.services.length, 5],
];
for (const [env, read, wanted] of GOOD) {
  test(`${JSON.stringify(env)} is taken`, () => assert.equal(read(loadConfig(env)), wanted));
}

const BAD: [name: string, values: string[], rule: RegExp][] = [
  ["BIDA_TIME_ZONE", ["Shanghai", "+25:00"], /time zone/],
  ["BIDA_LEGACY_CREDENTIALS", ["admin", ":x", "admin:"], /: must be a user name and a password[^;]*$/],
  ["BIDA_LEGACY_CREDENTIALS", ["kk: ", "kk:\u3000\t"], /: the password must not be blank/],
  [
    "BIDA_LEGACY_CREDENTIALS",
    ["kk:aa", "kk:::", "kk:必必必"],
    /: the password must not be one character again/,
  ],
  ["BIDA_LEGACY_TIMEOUT_MS", ["99", "120001"], /100 to 120000/],
  ["BIDA_LEGACY_APPEND_QUERY", ["yes", "1"], /true or false/],
  ["BIDA_PORT", ["-1", "65536", "80a", "1.5", "8080 ", "0x50"], /must be/],
  [
    "BIDA_DATABASE_URL",
    ["postgres://h/db", "h:3306/db", "mysql://", "mysql:///db", "sqlite.db"],
    /mysql:\/\//,
  ],
  ["BIDA_DATABASE_URL", ["mysql://h", "mysql://h/", "mysql://u:p@h:3306/"], /must name a database/],
  ["BIDA_REDIS_URL", ["http://h", "h:6379", "redis:", "redis://"], /redis:\/\/ or rediss:\/\//],
  ["BIDA_NATS_URL", ["h:4222", "nats://a,http://b"], /nats:\/\/ or tls:\/\//],
  ["BIDA_NAMESPACE", ["a.b", "a b", "*", "x".repeat(65)], /letters, digits/],
  ["BIDA_RPC_NAMESPACES", ["a b", ">", ","], /names of namespaces/],
  ["BIDA_RPC_NAMESPACES", ["none,shop"], /stands alone/],
  ["BIDA_RPC_ALIASES", ["yes", "0"], /on or off/],
  ["BIDA_ADMIN_USERNAME", ["x".repeat(65)], /64/],
  ["BIDA_ADMIN_USERNAME", ["admin ", "\tadmin", "admin\u3000"], /blank/],
  ["BIDA_ADMIN_USERNAME", ["ad\u200bmin", "admin\u202e", "\u2800admin", "a\ufeffdmin"], /cannot be seen/],
  ["BIDA_ADMIN_PASSWORD", ["xy".repeat(129)], /256/],
  ["BIDA_ADMIN_PASSWORD", [" ", " ".repeat(20), "\u3000\t"], /must not be blank/],
  ["BIDA_ADMIN_PASSWORD", ["aa", "1".repeat(40), "必必必"], /one character again and again/],
  ["BIDA_API_IP_ALLOW", ["10.0.0.0/33", "localhost", "10.1"], /is not an IP address or CIDR range/],
  ["BIDA_TRUST_PROXY", ["proxy", "::1/200"], /is not an IP address or CIDR range/],
  ["BIDA_ALLOWED_HOSTS", ["a.example,http://b", "*", "a:80", "10.0.0.0/8"], /must be host names/],
  ["BIDA_METRICS_ALLOW", ["prometheus"], /is not an IP address or CIDR range/],
  ...["BIDA_TRUST_PROXY", "BIDA_API_IP_ALLOW", "BIDA_DUBBO_IP_ALLOW"].flatMap(
    (name): [string, string[], RegExp][] => [
      [name, ["::ffff:10.0.0.0/104"], /can never match: .* write 10\.0\.0\.0\/8/],
      [name, ["0.0.0.0", "0.0.0.0/8", "224.0.0.0/4", "239.1.1.1", "ff02::1", "::"], /can never match/],
      [name, ["255.255.255.255", "10.0.0.1, ff00::/8"], /can never match/],
    ],
  ),
  ["BIDA_EGRESS_PROXY", ["socks5://p:1080", "proxy:3128", "http://p/path", "http://p?a=b"], /must be/],
  ["BIDA_EGRESS_ALLOW", ["10.0.0.0/8,all"], /"all" is not an IP address or CIDR range/],
  [
    "BIDA_DNS_SERVERS",
    ["dns", "10.0.0.2:0", "10.0.0.2:65536", "10.0.0:53", "[10.0.0.2]:53"],
    /must be addresses/,
  ],
  ["BIDA_NEW_DESTINATIONS", ["-1", "1000001", "many"], /must be/],
  ["BIDA_THREADS", ["0", "257", "many"], /must be/],
  ["BIDA_CONCURRENCY", ["0", "10001"], /must be/],
  ["BIDA_LEASE_MS", ["999", "600001", "10s"], /must be/],
  ["BIDA_DRAIN_DELAY_MS", ["-1", "300001", "3s"], /must be/],
  ["BIDA_CALLER_BYTES_PER_SECOND", ["-1", "1e9"], /must be/],
  ["BIDA_APP_OPEN_TASKS", ["-1", "many"], /must be/],
  ["BIDA_RETENTION_DAYS", ["-1", "36501"], /must be/],
  ["BIDA_LOG_LEVEL", ["verbose", "INFO"], /must be fatal, error, warn, info, debug or trace/],
  ["BIDA_SECRET_KEY", ["short", Buffer.alloc(31).toString("base64")], /32 bytes in base64/],
  ["BIDA_SECRET_KEY_PREVIOUS", ["short", `${KEY},short`], /32 bytes in base64/],
  ["BIDA_ENCRYPT_PAYLOADS", ["yes", "1"], /must be true or false/],
  ["SERVICES", ["api,web", "all"], /may name api, scheduler, dispatcher, notifier, admin, dubbo/],
  ["SERVICES", [" , "], /./],
  ["BIDA_DUBBO_PORT", ["-1", "65536", "dubbo"], /must be/],
  ["BIDA_DUBBO_HOST", ["a b", "http://a", "x".repeat(256)], /must be a host name or an address/],
  ["BIDA_DUBBO_IP_ALLOW", ["10.0.0.0/33", "localhost"], /is not an IP address or CIDR range/],
  ["BIDA_DUBBO_APP", ["x".repeat(65)], /64/],
  [
    "BIDA_DUBBO_REGISTRY",
    ["http://a", "redis://a|nacos://b", "redis://"],
    /redis:\/\/ or rediss:\/\/ or zookeeper/,
  ],
];
const SECRET = /PASSWORD|URL|KEY|REGISTRY|CREDENTIALS|EGRESS_PROXY/;
for (const [name, values, rule] of BAD) {
  for (const value of values) {
    test(`${name}=${value.slice(0, 30)} stops the start with one line that names it`, async () => {
      const error = (await thrown(() => loadConfig({ [name]: value }))) as Error;
      assert.instance(error, ConfigError);
      assert.ok(error.message.startsWith(`${name}: `), error.message);
      assert.match(error.message, rule);
      assert.not.match(error.message, "\n");
      if (SECRET.test(name)) assert.match(error.message, "(it is not shown)");
      else assert.ok(error.message.includes(`(it is "${value}")`), error.message);
    });
  }
}

test("a wrong URL's password is not repeated", async () => {
  for (const name of ["BIDA_DATABASE_URL", "BIDA_REDIS_URL", "BIDA_NATS_URL"]) {
    const error = await thrown(() => loadConfig({ [name]: "ftp://user:hunter2@h/" }));
    assert.not.match(String(error), "hunter2");
  }
});

const SEVERAL: [name: string, value: string, rules: string[]][] = [
  [
    "BIDA_DATABASE_URL",
    "postgres://h?sslmode=require&charset=x#y",
    [
      "must be a URL that begins with mysql://",
      "must not have a # (in a password: %23)",
      'has the unknown parameter "sslmode"; known are ssl-mode, ssl-ca, ssl-cert, ssl-key',
      'has the unknown parameter "charset"; known are ssl-mode, ssl-ca, ssl-cert, ssl-key',
      "must name a database: mysql://user:pass@host:3306/db",
    ],
  ],
  [
    "BIDA_DATABASE_URL",
    "mysql://h/?ssl-mode=NONE&ssl-ca=/no/a.pem&ssl-cert=/no/b.pem",
    [
      "has an ssl-mode that is not one of DISABLED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY",
      "has ssl-ca, a file that cannot be read (ENOENT)",
      "has ssl-cert, a file that cannot be read (ENOENT)",
      "must have ssl-cert and ssl-key, or neither",
      "must name a database: mysql://user:pass@host:3306/db",
    ],
  ],
  ["BIDA_DATABASE_URL", "mysql://h:99999/db", ["must be a URL that begins with mysql://"]],
  [
    "BIDA_REDIS_URL",
    "rediss://h?ssl-mode=DISABLED&family=6&family=4",
    [
      'has the unknown parameter "family"; known are ssl-mode, ssl-ca, ssl-cert, ssl-key',
      "has family more than once",
      "has ssl-mode DISABLED, but rediss:// is TLS",
    ],
  ],
  [
    "BIDA_NATS_URL",
    "nats://a?ssl-mode=REQUIRED,http://b,ftp://c?tls=1",
    [
      "has ssl-mode, which is for tls:// URLs",
      "must be a URL that begins with nats:// or tls://",
      'has the unknown parameter "tls"; known are ssl-mode, ssl-ca, ssl-cert, ssl-key',
    ],
  ],
];
for (const [name, value, rules] of SEVERAL) {
  test(`${name}=${value}: one line with all that is wrong`, async () => {
    const line = `${name}: ${rules.join("; ")} (it is not shown)`;
    const error = (await thrown(() => loadConfig({ [name]: value }))) as Error;
    assert.is(error.message, line);
    assert.equal(configMistakes({ [name]: value }), [line]);
  });
}

const COMBINATIONS: [name: string, env: Record<string, string>, message: RegExp | null][] = [
  ["a whole cluster", CLUSTER, null],
  ["NATS without Redis", { ...CLUSTER, BIDA_REDIS_URL: "" }, /^BIDA_REDIS_URL: .*BIDA_NATS_URL/],
  ["one namespace for both", { BIDA_NAMESPACE: "x", BIDA_RPC_NAMESPACES: "x" }, /^BIDA_RPC_NAMESPACES: x is/],
  ["NATS without MySQL", { ...CLUSTER, BIDA_DATABASE_URL: "" }, /^BIDA_DATABASE_URL: .*BIDA_NATS_URL/],
  ["RPC without NATS", { BIDA_RPC_NATS_URL: "nats://a" }, /^BIDA_NATS_URL: .*BIDA_RPC_NATS_URL/],
  ["one process with MySQL and Redis", { ...CLUSTER, BIDA_NATS_URL: "" }, null],
  [
    "encryption in a cluster without a key",
    { ...CLUSTER, BIDA_ENCRYPT_PAYLOADS: "true" },
    /^BIDA_SECRET_KEY: /,
  ],
  ["encryption in a cluster", { ...CLUSTER, BIDA_ENCRYPT_PAYLOADS: "true", BIDA_SECRET_KEY: KEY }, null],
  ["some services without NATS", { SERVICES: "api,admin" }, /^SERVICES: .*BIDA_NATS_URL/],
  ["all services without NATS", { SERVICES: USUAL.join(",") }, null],
  ["dubbo without a port", { SERVICES: SERVICE_NAMES.join(",") }, /^BIDA_DUBBO_PORT: /],
  ["dubbo with a port", { SERVICES: SERVICE_NAMES.join(","), BIDA_DUBBO_PORT: "20880" }, null],
  ["a node of dubbo alone", { ...CLUSTER, SERVICES: "dubbo", BIDA_DUBBO_PORT: "20880" }, null],
  ...[
    {},
    { BIDA_DUBBO_HOST: "localhost" },
    { BIDA_DUBBO_HOST: "0.0.0.0" },
    { BIDA_DUBBO_HOST: "127.0.0.2" },
  ].map((host): [string, Record<string, string>, RegExp] => [
    `a registry with ${JSON.stringify(host)}`,
    { BIDA_DUBBO_PORT: "20880", BIDA_DUBBO_REGISTRY: "redis://r", ...host },
    /^BIDA_DUBBO_HOST: /,
  ]),
  [
    "two registries, as Dubbo writes them",
    {
      BIDA_DUBBO_PORT: "20880",
      BIDA_DUBBO_HOST: "10.0.0.5",
      BIDA_DUBBO_REGISTRY: "redis://:p@r:6379 | zookeeper://a:2181?backup=b:2181,c:2181",
    },
    null,
  ],
  ["default password, all addresses", { BIDA_HOST: "0.0.0.0" }, /^BIDA_ADMIN_PASSWORD: .*0\.0\.0\.0/],
  ["default password, another address", { BIDA_HOST: "10.0.0.1" }, /^BIDA_ADMIN_PASSWORD: /],
  [
    "default password, given by name",
    { BIDA_HOST: "::", BIDA_ADMIN_PASSWORD: "admin" },
    /^BIDA_ADMIN_PASSWORD: /,
  ],
  ["default password, a name that is not loopback", { BIDA_HOST: "bida.example" }, /^BIDA_ADMIN_PASSWORD: /],
  ["default password, loopback", { BIDA_HOST: "::1" }, null],
  ["default password, loopback by name", { BIDA_HOST: "localhost" }, null],
  ...["x", "seven77", "password", "PASSWORD123", "Ｐassword1", "qwertyuiop", "87654321", "callcenter123"].map(
    (password): [string, Record<string, string>, RegExp] => [
      `${password} beyond loopback`,
      { BIDA_HOST: "0.0.0.0", BIDA_ADMIN_PASSWORD: password },
      /^BIDA_ADMIN_PASSWORD: (must have at least 8 characters|is one of those that are guessed first), .*not shown/,
    ],
  ),
  ["a weak password on loopback", { BIDA_ADMIN_PASSWORD: "x" }, null],
  ["own password, all addresses", { BIDA_HOST: "0.0.0.0", BIDA_ADMIN_PASSWORD: "chosen by us" }, null],
  ["a node without api listens nowhere", { ...CLUSTER, BIDA_HOST: "0.0.0.0", SERVICES: "dispatcher" }, null],
];
for (const [name, env, message] of COMBINATIONS) {
  test(`${name}: ${message ? "refused" : "fine"}`, async () => {
    if (!message) return void loadConfig(env);
    const error = (await thrown(() => loadConfig(env))) as Error;
    assert.instance(error, ConfigError);
    assert.match(error.message, message);
    assert.not.match(error.message, "\n");
  });
}

const secrets = temporaryFolder("secret-files");
const secret = (text: string, name = "secret") => {
  writeFileSync(join(secrets, name), text);
  return join(secrets, name);
};

test("a secret from a file: without one line end, the rest as it is", () => {
  assert.is(
    loadConfig({ BIDA_ADMIN_PASSWORD_FILE: secret(" long enough \r\n") }).adminPassword,
    " long enough ",
  );
  assert.is(
    loadConfig({ BIDA_ADMIN_PASSWORD_FILE: secret("long enough\n\n") }).adminPassword,
    "long enough\n",
  );
  assert.equal(loadConfig({ BIDA_SECRET_KEY_FILE: secret(`${KEY}\n`) }).secretKey, Buffer.alloc(32, 7));
  const { BIDA_NATS_URL: nats, ...others } = CLUSTER;
  assert.equal(loadConfig({ ...others, BIDA_NATS_URL_FILE: secret(nats) }).natsUrls, [nats]);
  // Set to nothing counts as not set.
  assert.is(
    loadConfig({ BIDA_ADMIN_PASSWORD_FILE: "", BIDA_ADMIN_PASSWORD: "long enough" }).adminPassword,
    "long enough",
  );
  assert.is(
    loadConfig({ BIDA_ADMIN_PASSWORD_FILE: secret("long enough"), BIDA_ADMIN_PASSWORD: "" }).adminPassword,
    "long enough",
  );
  assert.is(secretSetting({ BIDA_USER_FILE: secret("a:b\n") }, "BIDA_USER"), "a:b");
  assert.equal(
    [secretSetting({ BIDA_USER: "a:b" }, "BIDA_USER"), secretSetting({}, "BIDA_USER")],
    ["a:b", null],
  );
});

test("a secret's file that is no good: one line that names the setting, and nothing of the file", async () => {
  const wrong: [env: Record<string, string>, line: RegExp][] = [
    [
      { BIDA_SECRET_KEY_FILE: "/does/not/exist" },
      /^BIDA_SECRET_KEY_FILE: \/does\/not\/exist cannot be read \(ENOENT/,
    ],
    [{ BIDA_REDIS_URL_FILE: secrets }, /^BIDA_REDIS_URL_FILE: .* cannot be read \(EISDIR/],
    [{ BIDA_SECRET_KEY_FILE: "/dev/zero" }, /^BIDA_SECRET_KEY_FILE: \/dev\/zero has more than 65536 bytes$/],
    [{ BIDA_SECRET_KEY_FILE: secret(" \n") }, /^BIDA_SECRET_KEY_FILE: .* is empty$/],
    [
      { BIDA_SECRET_KEY_FILE: secret(KEY, "key"), BIDA_SECRET_KEY: KEY },
      /^BIDA_SECRET_KEY_FILE: BIDA_SECRET_KEY is set as well; set one of the two$/,
    ],
    [
      { BIDA_SECRET_KEY_FILE: secret("s3cret", "short") },
      /^BIDA_SECRET_KEY_FILE: must be 32 bytes .*\(it is not shown\)$/,
    ],
  ];
  for (const [env, line] of wrong) {
    const error = (await thrown(() => loadConfig(env))) as Error;
    assert.instance(error, ConfigError);
    assert.match(error.message, line);
    assert.equal(configMistakes(env), [error.message]);
    assert.not.match(error.message, /\n|s3cret/);
  }
  assert.instance(
    await thrown(() => secretSetting({ BIDA_USER_FILE: "/does/not/exist" }, "BIDA_USER")),
    ConfigError,
  );
});

test("a URL that may hold no credentials is read from no file", () => {
  assert.is(secretSetting({ BIDA_URL_FILE: "/does/not/exist" }, "BIDA_URL"), null);
});

test("programs that ask a Bida read no secrets but their own", () => {
  const env = { BIDA_SECRET_KEY_FILE: "/does/not/exist", BIDA_NATS_URL_FILE: secret("nats://n:4222\n") };
  assert.equal(loadClientConfig(env).natsUrls, ["nats://n:4222"]);
});

test("of the others nothing stands in a file", () => {
  for (const name of ["BIDA_SECRET_KEY_FILE", "BIDA_API_KEY_FILE", "BIDA_PORT"])
    assert.ok(isVariable(name), name);
  for (const name of ["BIDA_PORT_FILE", "BIDA_PUBLIC_URL_FILE", "BIDA_PRT"])
    assert.not.ok(isVariable(name), name);
});

test("isEmbedded: without NATS", () => {
  assert.ok(isEmbedded(loadConfig({})));
  assert.not.ok(isEmbedded(loadConfig(CLUSTER)));
});

test.run();

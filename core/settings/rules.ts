/** Rules between settings, and what follows from several of them. */
import { AddressRanges, LOOPBACK_RANGES } from "../addresses.ts";
import { weaknessOf } from "../weak-passwords.ts";
import { DEFAULT_PASSWORD, SERVICE_NAMES, type ServiceName, type Variables } from "./variables.ts";

/** `dubbo` is a service where it has a port. */
const usual = SERVICE_NAMES.filter((name) => name !== "dubbo");
export const servicesOf = ({ SERVICES, BIDA_DUBBO_PORT }: Variables): ServiceName[] =>
  SERVICES ?? (BIDA_DUBBO_PORT === undefined ? usual : [...SERVICE_NAMES]);

/** What does not go together: a line each, which begins with the name of a setting. */
export function* combinationMistakes(v: Variables): Generator<string> {
  const services = servicesOf(v);
  if (v.BIDA_RPC_NAMESPACES.includes(v.BIDA_NAMESPACE))
    yield `BIDA_RPC_NAMESPACES: ${v.BIDA_NAMESPACE} is the namespace of Bida's own nodes (BIDA_NAMESPACE)`;
  if (services.includes("dubbo")) yield* dubboMistakes(v);
  if (v.BIDA_NATS_URL.length > 0) {
    if (!v.BIDA_REDIS_URL) yield "BIDA_REDIS_URL: is needed with BIDA_NATS_URL (more than one node)";
    if (!v.BIDA_DATABASE_URL) yield "BIDA_DATABASE_URL: is needed with BIDA_NATS_URL (more than one node)";
    if (v.BIDA_ENCRYPT_PAYLOADS === "true" && !v.BIDA_SECRET_KEY)
      yield "BIDA_SECRET_KEY: is needed with BIDA_ENCRYPT_PAYLOADS in a cluster";
  } else if (v.BIDA_RPC_NATS_URL.length > 0) {
    yield "BIDA_NATS_URL: is needed with BIDA_RPC_NATS_URL, for Bida's own nodes";
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
export const isLegacyOnly = (v: Variables): boolean =>
  v.BIDA_ADMIN_PASSWORD === DEFAULT_PASSWORD &&
  v.BIDA_LEGACY_CREDENTIALS === `${v.BIDA_ADMIN_USERNAME}:${v.BIDA_ADMIN_PASSWORD}` &&
  !isLoopback(v.BIDA_HOST);

/** Nobody else can reach this process over a network; whom it knows is another matter. */
export const isAlone = (v: Variables): boolean =>
  v.BIDA_NATS_URL.length === 0 &&
  isLoopback(v.BIDA_HOST) &&
  (v.BIDA_DUBBO_PORT === undefined || v.BIDA_DUBBO_HOST === undefined);

const loopback = new AddressRanges(LOOPBACK_RANGES);
const isLoopback = (host: string) => host === "localhost" || loopback.includes(host);

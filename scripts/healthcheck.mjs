// Exits with 0 where the Bida node of this machine (container) is alive: for HEALTHCHECK in the Dockerfile.
//
// A node with the api service must answer GET /healthz. A node of a cluster must answer on NATS, with the services that
// SERVICES names: we publish Moleculer's DISCOVER packet and wait for the INFO packet of the node on this host, which
// only a process whose event loop runs and whose connection works can send. No node takes notice of us: we neither
// join the cluster nor leave it.
//
// It says nothing about MySQL and Redis: starting a node again repairs neither. That is what GET /readyz is for.
import { hostname } from "node:os";
import { connect } from "nats";
import { secretFromFile } from "../core/settings/secret-files.ts";
import { natsOptions } from "../services/bus/nats-options.ts";

const WITHIN_MS = 4_000;
/** Moleculer's topics in the namespace of Bida's own nodes, and the version of its protocol. */
const [TOPIC, PROTOCOL] = [`MOL-${process.env.BIDA_NAMESPACE || "bida"}`, "5"];

const list = (text = "") =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

const { SERVICES } = process.env;
// Set to nothing counts as not set.
const BIDA_HOST = process.env.BIDA_HOST || "127.0.0.1";
const BIDA_PORT = process.env.BIDA_PORT || "8080";
const services = list(SERVICES);

try {
  const natsUrls = list(secretFromFile(process.env, "BIDA_NATS_URL") ?? process.env.BIDA_NATS_URL);
  if (services.length === 0 || services.includes("api")) await answersHttp();
  if (natsUrls.length > 0) await answersNats(natsUrls);
} catch (error) {
  console.error(`unhealthy: ${error.message}`);
  process.exit(1);
}
process.exit(0);

async function answersHttp() {
  const everywhere = BIDA_HOST === "0.0.0.0" || BIDA_HOST === "::";
  const host = everywhere ? "127.0.0.1" : BIDA_HOST.includes(":") ? `[${BIDA_HOST}]` : BIDA_HOST;
  const url = `http://${host}:${BIDA_PORT}/healthz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
}

async function answersNats(natsUrls) {
  const nats = await connect({ ...natsOptions(natsUrls), timeout: WITHIN_MS, reconnect: false });
  const sender = `healthcheck-${hostname()}-${process.pid}-${Date.now()}`;
  const answers = nats.subscribe(`${TOPIC}.INFO.${sender}`);
  const deadline = setTimeout(() => answers.unsubscribe(), WITHIN_MS);
  nats.publish(`${TOPIC}.DISCOVER`, JSON.stringify({ ver: PROTOCOL, sender }));
  try {
    for await (const message of answers) if (isOurs(message.json())) return;
  } finally {
    clearTimeout(deadline);
    await nats.close();
  }
  throw new Error(`no node of ${hostname()} with ${services.join(", ") || "all services"} answers on NATS`);
}

function isOurs(info) {
  const offered = new Set(info.services.map(({ name }) => name));
  return info.hostname === hostname() && services.every((name) => offered.has(name));
}

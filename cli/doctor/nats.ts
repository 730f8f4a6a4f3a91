/** NATS: whether it answers, and takes messages of the usual size. */
import { connect } from "nats";
import type { Config } from "../../core/config.ts";
import { natsOptions } from "../../services/bus/nats-options.ts";
import { isLocal } from "./database.ts";
import { bad, type Finding, ok, reasonOf, warn } from "./finding.ts";

const ABOUT = "nats";
const PATIENCE = 4_000;
/** NATS's own default, in bytes; with less, batches travel in more parts. */
const USUAL_PAYLOAD = 1_048_576;

export async function* natsFindings(config: Config): AsyncGenerator<Finding> {
  for (const url of config.natsUrls) yield* oneServer(url, "BIDA_NATS_URL");
  // Its user may differ where its server does not.
  for (const url of config.rpcNatsUrls)
    if (!config.natsUrls.includes(url)) yield* oneServer(url, "BIDA_RPC_NATS_URL");
}

async function* oneServer(url: string, setting: string): AsyncGenerator<Finding> {
  const { host: address } = new URL(url);
  const host = setting === "BIDA_NATS_URL" ? address : `${address} (${setting})`;
  try {
    const nats = await connect({ ...natsOptions([url]), timeout: PATIENCE, reconnect: false });
    try {
      const { version, max_payload: payload, tls_required: encrypted } = nats.info ?? {};
      const tookMs = await nats.rtt();
      yield ok(ABOUT, `${host} answers: NATS ${version}, within ${Math.round(tookMs)} ms`);
      if (payload !== undefined && payload < USUAL_PAYLOAD)
        yield warn(
          ABOUT,
          `${host} takes messages of ${payload} bytes at most`,
          "max_payload: 1MB; smaller ones cost more messages",
        );
      if (!encrypted && !isLocal(url))
        yield warn(
          ABOUT,
          `the connection to ${host} is not encrypted`,
          "use tls://, or keep it in a private network",
        );
    } finally {
      await nats.close();
    }
  } catch (error) {
    yield bad(ABOUT, `${host} does not answer: ${reasonOf(error)}`, `start it, or look at ${setting}`);
  }
}

/** Tells of contact with NATS, lost and found, and of a server that takes too little. */
import type { Logger, ServiceBroker } from "moleculer";
import { MIN_PAYLOAD, maxPayload } from "../bus/large-packets.ts";
import { BACK, LOST } from "../bus/nats-transporter.ts";
import { Contact } from "./contact.ts";
import { misconfigured } from "./fatal.ts";

export class NatsWatch {
  #stopped = false;

  /** To be made before the broker starts. @param onBack the connection was gone and is there again */
  constructor(broker: ServiceBroker, log: Logger, onBack: () => void) {
    const contact = new Contact({
      broker,
      log,
      part: "nats",
      lost: "lost contact with NATS",
      back: "NATS is back",
      meanwhile: "other nodes cannot be reached; calls under way go on, and their outcomes are kept",
    });
    const failed = (error: Error) => {
      if (!this.#stopped) contact.failed(error);
    };
    const { localBus } = broker;
    // At the start: Moleculer tries again every 5 s.
    localBus.on("$transporter.error", ({ error }: { error: Error }) => failed(error));
    localBus.on("$transporter.connected", () => {
      contact.works();
      const problem = problemOf(maxPayload(broker));
      if (problem !== null) misconfigured(`BIDA_NATS_URL: ${problem}`);
    });
    localBus.on(LOST, () => failed(new Error("the connection is gone")));
    localBus.on(BACK, () => {
      contact.works();
      // Another server of a NATS cluster, or the same one with another setting.
      const problem = problemOf(maxPayload(broker));
      if (problem !== null) log.error({ problem }, "NATS takes very small messages only");
      onBack();
    });
  }

  /** From now on the end of the connection is meant. */
  stop(): void {
    this.#stopped = true;
  }
}

const problemOf = (limit: number | null): string | null =>
  limit === null || limit >= MIN_PAYLOAD
    ? null
    : `the server takes messages of ${limit} bytes at most; set its max_payload to ${MIN_PAYLOAD} or more`;

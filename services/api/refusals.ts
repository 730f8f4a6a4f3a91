/** Refused attempts by role, for the audit log. */
import type { ServiceBroker } from "moleculer";
import { TokenBucket } from "../../core/token-bucket.ts";
import { call } from "../bus/call.ts";
import type { CallMeta } from "../bus/types.ts";

/** At most so many entries per second and node: nobody may fill the log by being refused. */
const PER_SECOND = 20;

export class Refusals {
  readonly #broker: ServiceBroker;
  readonly #bucket = new TokenBucket(PER_SECOND, performance.now());

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
  }

  /** @param route as it is declared, `POST /v1/apps/{id}/rotate-key` */
  note(route: string, meta: CallMeta): void {
    if (this.#bucket.take(performance.now()) > 0) return;
    call(this.#broker, "admin.noteRefusal", { route }, { meta }).catch((error: Error) =>
      this.#broker.logger.warn(
        { err: error.message, route },
        "a refused attempt is missing in the audit log",
      ),
    );
  }
}

/** Says once of each Moleculer namespace on this NATS that Bida has no part in it: its services would call, and nobody would answer. */
import type { Logger } from "moleculer";
import { DEFAULT_NAMESPACE } from "../../core/config.ts";
import { prefixOf } from "./connection.ts";
import type { Peer } from "./peer.ts";

/** So many are told of. */
const MAX_SAID = 50;

/** @param served those in which Bida is; "" is Moleculer's default */
export function tellOfOtherNamespaces(peer: Peer, served: string[], log: Logger): void {
  const known = new Set(served.map(prefixOf));
  for (const command of ["DISCOVER", "HEARTBEAT"])
    peer.listen(`*.${command}`, (subject) => {
      const prefix = subject.slice(0, -command.length - 1);
      if (!/^MOL(-|$)/.test(prefix) || known.has(prefix) || known.size >= served.length + MAX_SAID) return;
      known.add(prefix);
      const namespace = prefix === prefixOf("") ? DEFAULT_NAMESPACE : prefix.slice(prefixOf("").length + 1);
      log.info(
        { namespace },
        "a Moleculer namespace on this NATS is not served; name it in BIDA_RPC_NAMESPACES if its services are to reach Bida",
      );
    });
}

/** Connections through a proxy: vetted first, then a tunnel, then TLS inside of it where the target has it. */
import type { Socket } from "node:net";
import { buildConnector } from "undici";
import type { AnswerError } from "./call-errors.ts";
import { type Connector, type Opening, type OpeningSteps, placeOf, stepsTo, type Vetted } from "./opening.ts";
import type { OutboundProxy, Tunnel } from "./proxy.ts";

/** As undici does it for connections that it opens itself, in ms. */
const KEEP_ALIVE = 60_000;

export function proxiedConnector(proxy: OutboundProxy, vetted: Vetted): Connector {
  const upgrade = buildConnector({ timeout: 0, allowH2: false });
  return (target, callback) => {
    const { host, port } = placeOf(target);
    const opening = new ProxiedOpening(stepsTo(host));
    const failed = (error: Error) => {
      if (!opening.over) callback(error, null);
    };
    const attempt = (addresses: string[], last: Error | null) => {
      const [address, ...others] = addresses;
      if (address === undefined) return failed(last as Error);
      opening.tunnel = proxy.tunnelTo(address, port, (error, socket) => {
        if (opening.over) socket?.destroy();
        // The next address, as without a proxy; what the proxy itself lacks, it lacks for all of them.
        else if (error && (error as AnswerError).callCode === "unreachable") attempt(others, error);
        else if (error || !socket) failed(error ?? new Error("no connection"));
        else opened(socket);
      });
    };
    const opened = (socket: Socket) => {
      opening.steps.connectedAt = performance.now();
      if (target.protocol !== "https:") {
        callback(null, socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE));
      } else {
        opening.tunnel = socket;
        upgrade({ ...target, httpSocket: socket } as buildConnector.Options, callback);
      }
    };
    vetted(host, port).then((addresses) => {
      opening.steps.foundAt = performance.now();
      if (!opening.over)
        attempt(
          addresses.map(({ address }) => address),
          null,
        );
    }, failed);
    return opening;
  };
}

class ProxiedOpening implements Opening {
  readonly steps: OpeningSteps;
  over = false;
  /** What there is to give up. */
  tunnel: Tunnel | null = null;

  constructor(steps: OpeningSteps) {
    this.steps = steps;
  }

  destroy(): void {
    this.over = true;
    this.tunnel?.destroy();
  }
}

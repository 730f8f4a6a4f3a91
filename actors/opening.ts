/** How connections are made. */
import type { buildConnector } from "undici";

/** A connection that is being made: its socket, or what stands for it. */
export interface Opening {
  /** Gives up; nothing is heard of it any more. */
  destroy(): unknown;
  /** The address of its host is not known yet. */
  readonly lookingUp?: boolean;
}

/**
 * Makes a connection. Returns at once what stands for it, where there is something to give up.
 */
export type Connector = (
  options: buildConnector.Options,
  callback: buildConnector.Callback,
) => Opening | undefined;

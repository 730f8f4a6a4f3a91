/** A subscription that outlives a refusal: the client forgets one that the server refused, and rights may come back. */
import type { NatsConnection } from "nats";

/** Between a refusal and the next try, in ms. */
const AGAIN = 3_000;

/** What is needed of a client. */
export type Subscriber = Pick<NatsConnection, "subscribe" | "isClosed">;

export interface Subscription {
  client: Subscriber;
  subject: string;
  heard(data: Uint8Array, subject: string): void;
  /** The server refused it; called the first time only. */
  refused(error: Error): void;
  /** Whether this client is still the one in use. */
  isCurrent(): boolean;
}

/** Subscribes, and after each refusal again, as long as the client is open and in use. */
export function subscribe(subscription: Subscription): void {
  const { client, subject, heard, refused, isCurrent } = subscription;
  client.subscribe(subject, {
    callback: (error, message) => {
      if (!error) {
        heard(message.data, message.subject);
        return;
      }
      refused(error);
      setTimeout(() => {
        if (isCurrent() && !client.isClosed()) subscribe({ ...subscription, refused: () => undefined });
      }, AGAIN).unref();
    },
  });
}

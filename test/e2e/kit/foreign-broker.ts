/** A service in another language on the cluster's NATS: it writes its packets' JSON itself. */
import { Serializers, ServiceBroker } from "moleculer";
import { offered } from "./observer.ts";

/** What stands for the parameters until the packet is printed. */
const PLACE = "parameters-as-text";

class TextParams extends Serializers.JSON {
  override serialize(packet: { params?: { text?: unknown } }): Buffer {
    const text = packet.params?.text;
    if (typeof text !== "string") return super.serialize(packet);
    return Buffer.from(JSON.stringify({ ...packet, params: PLACE }).replace(`"${PLACE}"`, () => text));
  }
}

/** A broker that sends `{text}` as parameters that are this JSON text. */
export async function foreignBroker(url: string): Promise<ServiceBroker> {
  const broker = new ServiceBroker({
    nodeID: `foreign-${process.pid}-${Math.random().toString(36).slice(2)}`,
    logger: false,
    transporter: { type: "NATS", options: { servers: [url] } },
    serializer: new TextParams(),
    requestTimeout: 10_000,
  });
  await broker.start();
  await offered(broker, ["bida.scheduler.submit", "bida.admin.resend"]);
  return broker;
}

/**
 * Moleculer's packets, as far as Bida exchanges them with services of other programs. Source of the formats:
 * https://github.com/moleculer-framework/protocol and the transits of Moleculer 0.14.36 and 0.15.2. Versions 4 (0.14) and
 * 5 (0.15) differ, in what is used here, in nothing but the number; each side drops packets that have the other one's.
 */

import { isNodeId } from "../bus/packet.ts";

export const VERSIONS = ["4", "5"] as const;
export type ProtocolVersion = (typeof VERSIONS)[number];

/** Commands that come in, by the token of their subject. */
export const COMMANDS = ["DISCOVER", "INFO", "HEARTBEAT", "DISCONNECT", "PING", "REQ"] as const;
export type Command = (typeof COMMANDS)[number];

/** A packet whose sender can be answered; nothing else of it is checked. */
export interface Packet {
  ver: ProtocolVersion;
  sender: string;
  fields: Record<string, unknown>;
  /** All of it, as it came. */
  text: string;
}

/** Why a packet is dropped; `sender` where it is known. */
export interface Rejected {
  problem: string;
  sender: string | null;
}

export function readPacket(bytes: Uint8Array): Packet | Rejected {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return { problem: "it is not JSON, which is Moleculer's default serializer", sender: null };
  }
  if (!isObject(fields)) return { problem: "it is no JSON object", sender: null };
  const { ver, sender } = fields;
  if (!isNodeId(sender)) return { problem: "it names no sender that could be answered", sender: null };
  if (ver !== "4" && ver !== "5")
    return { problem: "its protocol is neither version 4 nor 5 (Moleculer 0.14 and 0.15)", sender };
  return { ver, sender, fields, text };
}

/** A service in the information about a node. */
export interface ServiceInfo {
  name: string;
  fullName: string;
  settings: object;
  metadata: object;
  actions: Record<string, { name: string }>;
  events: Record<string, never>;
}

/** What an error looks like on its way; `type` is our code, `code` the HTTP status. */
export interface WireError {
  name: string;
  message: string;
  nodeID: string;
  code: number;
  type: string;
  retryable: boolean;
  data: unknown;
  stack?: string | undefined;
}

/** What a neighbour listens to: names or patterns of events, and the group in which its instances take turns. */
export interface Listener {
  event: string;
  group: string;
}

/** What is used of an INFO packet. */
export interface NodeInformation {
  instanceID: string;
  seq: number;
  /** Their full names: with a version, where they have one. */
  services: string[];
  listeners: Listener[];
  /** The installation that the node says it is of; null: it is not Bida's. */
  installation: string | null;
  /** It is a node of Bida's like this one, which understands both versions. */
  isGateway: boolean;
}

/** @param packet an INFO that was checked (`bus/packet.ts`) */
export function readInformation({ fields }: Packet): NodeInformation {
  const { services, instanceID, seq, metadata } = fields;
  const known = (services as unknown[]).filter(isObject);
  const nameOf = (service: Record<string, unknown>) => String(service.fullName ?? service.name ?? "");
  return {
    instanceID: typeof instanceID === "string" ? instanceID : "",
    seq: typeof seq === "number" ? seq : 0,
    services: known.map(nameOf),
    listeners: known.flatMap((service) =>
      Object.entries(isObject(service.events) ? service.events : {}).map(([name, event]) => ({
        event: name,
        group: isObject(event) && typeof event.group === "string" ? event.group : String(service.name ?? ""),
      })),
    ),
    installation:
      isObject(metadata) && typeof metadata.installation === "string" ? metadata.installation : null,
    isGateway: isObject(metadata) && typeof metadata.bida === "string",
  };
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

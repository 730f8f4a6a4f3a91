/**
 * What a packet of Moleculer's protocol must look like before Moleculer reads it. Moleculer believes every packet: a pattern in
 * the name of an event becomes a regular expression that throws with each event that is sent from then on, an INFO under a
 * node's own name ends that node, a sender's name becomes a NATS subject as it is. (Protocol:
 * https://moleculer.services/docs/0.15/protocol; its revision is Moleculer's matter.)
 */

/** What is not needed of a packet, and could be anything. */
export type Packet = Record<string, unknown>;

/** A packet that is as Bida wants it, or why there is none. */
export type Checked = { packet: Packet } | { problem: string };

/** Becomes part of a NATS subject: no blanks, which end one, and no wildcards. */
const NODE_ID = /^[\w.:@$~-]{1,255}$/;
/** Of services, actions and events; `$` begins Moleculer's own. */
const NAME = /^\$?[\w:@/-]+(\.[\w:@/-]+)*$/;
/** What events a service listens to. */
const PATTERN = /^\$?[\w:@/*?-]+(\.[\w:@/*?-]+)*$/;
const MAX_NAME = 255;
/** Each makes a match take longer, exponentially; nobody uses more than two. */
const MAX_WILDCARDS = 4;
/** Services, actions and events of one node, together. */
const MAX_NAMES = 10_000;
/** Ids are UUIDs; other languages' brokers may have others. */
const MAX_ID = 255;

/** The problem of an INFO that somebody else, or a lie, sent under this node's name. */
export const OWN_NAME = "it is under this node's own name";

/** Whether `value` can be a node's name: answers to it are sent to subjects that end with it. */
export const isNodeId = (value: unknown): value is string => isText(value, 255) && NODE_ID.test(value);

/** @param command `REQ`, `INFO` … @param nodeID this node's */
export function checkPacket(command: string, payload: unknown, nodeID: string): Checked {
  if (!isObject(payload)) return problem("it is no object");
  if (!isNodeId(payload.sender)) return problem("the sender's name is not valid");
  return (CHECKS[command] ?? unchanged)(payload, nodeID);
}

const problem = (why: string): Checked => ({ problem: why });
const unchanged = (packet: Packet): Checked => ({ packet });

const isObject = (value: unknown): value is Packet =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown, max: number): value is string =>
  typeof value === "string" && value.length <= max;
const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;
const isObjectOrAbsent = (value: unknown): boolean => isAbsent(value) || isObject(value);
const isTextOrAbsent = (value: unknown): boolean => isAbsent(value) || isText(value, MAX_ID);
/** What grows by one each time never gets there. */
const MAX_COUNT = 2 ** 52;
const isNumberOrAbsent = (value: unknown): boolean =>
  isAbsent(value) || (typeof value === "number" && value >= 0 && value < MAX_COUNT);

const isName = (value: unknown): value is string => isText(value, MAX_NAME) && NAME.test(value);
const isPattern = (value: unknown): value is string =>
  isText(value, MAX_NAME) && PATTERN.test(value) && value.replace(/[^*?]/g, "").length <= MAX_WILDCARDS;

const CHECKS: Record<string, (packet: Packet, nodeID: string) => Checked> = {
  REQ: request,
  RES: response,
  EVENT: event,
  INFO: info,
  HEARTBEAT: (packet) => (isNumberOrAbsent(packet.cpu) ? { packet } : problem("cpu is no number")),
};

/** What requests and events have both. */
function contextProblem({ meta, headers, level, requestID, parentID, caller }: Packet): string | null {
  if (!isObjectOrAbsent(meta) || !isObjectOrAbsent(headers)) return "meta or headers are no object";
  if (!isNumberOrAbsent(level)) return "level is no number";
  return [requestID, parentID, caller].every(isTextOrAbsent) ? null : "an id is no text";
}

function request(packet: Packet): Checked {
  if (!isText(packet.id, MAX_ID) || packet.id === "") return problem("it has no id");
  if (!isName(packet.action)) return problem("the action's name is not valid");
  // Bida's actions take no streams, and Moleculer would keep the parts of one for ever.
  if (packet.stream) return problem("it is a stream");
  if (!isNumberOrAbsent(packet.timeout)) return problem("timeout is no number");
  const why = contextProblem(packet);
  return why === null ? { packet: { ...packet, stream: undefined } } : problem(why);
}

function response(packet: Packet): Checked {
  if (!isText(packet.id, MAX_ID)) return problem("it has no id");
  if (packet.stream) return problem("it is a stream");
  if (!isObjectOrAbsent(packet.meta) || !isObjectOrAbsent(packet.headers))
    return problem("meta or headers are no object");
  if (packet.success !== true && !isObject(packet.error)) return problem("it has neither success nor error");
  return { packet: { ...packet, stream: undefined } };
}

function event(packet: Packet): Checked {
  // Those that begin with `$` are told by a broker to its own services.
  if (!isName(packet.event) || packet.event.startsWith("$")) return problem("the event's name is not valid");
  const { groups } = packet;
  if (!isAbsent(groups) && !(Array.isArray(groups) && groups.every(isName)))
    return problem("groups are no list of names");
  const why = contextProblem(packet);
  return why === null ? { packet } : problem(why);
}

/**
 * Of what a node says of itself only that is kept which is needed to call it and to tell it of events: Moleculer's middlewares
 * would take everything else (time limits, retries, caches) for settings of ours. Names that are not valid are left out.
 */
function info(packet: Packet, nodeID: string): Checked {
  if (packet.sender === nodeID) return problem(OWN_NAME);
  const { services } = packet;
  if (!Array.isArray(services)) return problem("services are no list");
  if (
    !isObjectOrAbsent(packet.metadata) ||
    !isObjectOrAbsent(packet.client) ||
    !isObjectOrAbsent(packet.config)
  )
    return problem("metadata, client or config are no object");
  if (!isTextOrAbsent(packet.hostname) || !isTextOrAbsent(packet.instanceID))
    return problem("hostname or instanceID is no text");
  if (!isNumberOrAbsent(packet.seq) || !isNumberOrAbsent(packet.port))
    return problem("seq or port is no number");
  if (
    !isAbsent(packet.ipList) &&
    !(Array.isArray(packet.ipList) && packet.ipList.every((ip) => isText(ip, 64)))
  )
    return problem("ipList is no list of addresses");
  const kept = services.flatMap((service) => serviceOf(service) ?? []);
  const names = kept.reduce((sum, { actions, events }) => sum + count(actions) + count(events) + 1, 0);
  if (names > MAX_NAMES) return problem("it has too many services, actions and events");
  return { packet: { ...packet, services: kept } };
}

const count = (named: object): number => Object.keys(named).length;

interface ServiceInfo extends Packet {
  actions: Packet;
  events: Packet;
}

function serviceOf(service: unknown): ServiceInfo | null {
  if (!isObject(service) || !isName(service.name)) return null;
  const { name, fullName, version, metadata, actions, events } = service;
  if (!isAbsent(fullName) && !isName(fullName)) return null;
  if (!isAbsent(version) && typeof version !== "number" && !isText(version, MAX_NAME)) return null;
  return {
    name,
    ...(fullName !== undefined && { fullName }),
    ...(version !== undefined && { version }),
    settings: {},
    metadata: isObject(metadata) ? metadata : {},
    actions: named(actions, isName, (key, { rawName, visibility }) => ({
      name: key,
      rawName: isName(rawName) ? rawName : key,
      ...(isText(visibility, 16) && { visibility }),
    })),
    events: named(events, isPattern, (key, { group }) => ({
      name: key,
      ...(isName(group) && { group }),
    })),
  };
}

function named(
  given: unknown,
  isValid: (name: unknown) => name is string,
  kept: (name: string, value: Packet) => Packet,
): Packet {
  if (!isObject(given)) return {};
  const valid = Object.entries(given).filter(([key, value]) => isValid(key) && isObject(value));
  return Object.fromEntries(valid.map(([key, value]) => [key, kept(key, value as Packet)]));
}

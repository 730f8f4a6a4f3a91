/**
 * Packets of which some parts are here. What a part says of itself is checked before anything is kept, and nothing is
 * reserved for what has not come: anyone who reaches NATS can send any header. What may lie here is bounded per packet, per
 * sender and in total, and a packet that does not become whole in time is dropped: its sender died, or lied.
 */

/** A part, as its header has it. */
export interface ClaimedPart {
  /** Chosen at random by each broker; brokers of earlier releases have one too, in the same place. */
  sender: number;
  /** Its number among the sender's packets. */
  packet: number;
  index: number;
  count: number;
  bytes: Buffer;
}

/** Bounds, in bytes; what a part costs beside its bytes is counted too. */
export interface Bounds {
  packet: number;
  sender: number;
  total: number;
  /** For a packet to become whole, in ms. */
  patience: number;
}

/**
 * The largest packets are answers with tasks: a page of 200, or a claim of 4 MiB of payload, which JSON can make six
 * times as long; a report is smaller. A page with bodies of 1 MiB each just fits.
 */
const BOUNDS: Bounds = {
  packet: 256 * 1024 * 1024,
  sender: 384 * 1024 * 1024,
  total: 512 * 1024 * 1024,
  patience: 30_000,
};

/** What a part costs beside its bytes: its entry in a map, its Buffer, NATS's message that holds it. */
const OVERHEAD = 512;
/** What a packet costs beside its parts. */
const PACKET_OVERHEAD = 1_024;

interface Packet {
  sender: number;
  count: number;
  /** The length of all parts but the last, once one of them is here. */
  size: number | null;
  parts: Map<number, Buffer>;
  cost: number;
  /** Monotonic ms. */
  since: number;
}

export class Unfinished {
  readonly #bounds: Bounds;
  /** In the order in which they began. */
  readonly #packets = new Map<string, Packet>();
  readonly #costs = new Map<number, number>();
  #cost = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(bounds: Bounds = BOUNDS) {
    this.#bounds = bounds;
  }

  /** What lies here, in bytes. */
  get cost(): number {
    return this.#cost;
  }

  /**
   * @param dropped told why, where the part is not taken
   * @returns the packet that has become whole by this part
   */
  add(part: ClaimedPart, dropped: (why: string) => void = () => undefined): Buffer | null {
    this.#expire();
    const key = `${part.sender}/${part.packet}`;
    const known = this.#packets.get(key);
    if (known?.parts.has(part.index)) return null;
    const refused = this.#refusal(part, known);
    if (refused !== null) {
      dropped(refused);
      return null;
    }
    const packet = known ?? this.#begin(key, part);
    packet.parts.set(part.index, part.bytes);
    if (part.index < part.count - 1) packet.size = part.bytes.length;
    this.#charge(packet, part.bytes.length + OVERHEAD);
    if (packet.parts.size < packet.count) return null;
    this.#forget(key, packet);
    return Buffer.concat(Array.from({ length: packet.count }, (_, i) => packet.parts.get(i) as Buffer));
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [key, packet] of this.#packets) this.#forget(key, packet);
  }

  /** Why a part is not taken; null where it is. */
  #refusal({ sender, index, count, bytes }: ClaimedPart, known: Packet | undefined): string | null {
    // One part is no reason for a header, and none for a packet without bytes.
    if (count < 2 || index >= count || bytes.length === 0) return "its header is not valid";
    if (known && known.count !== count) return "its header contradicts the part before";
    const isLast = index === count - 1;
    const size = isLast ? known?.size : bytes.length;
    if (known && known.size !== null && !isLast && known.size !== bytes.length)
      return "its length contradicts the part before";
    if (isLast && size && bytes.length > size) return "its length contradicts the part before";
    // All parts but the last are as long as this one; of the last alone no more is known than that each has a byte.
    const claimed = (size ?? 1) * (count - 1) + count * OVERHEAD;
    if (claimed > this.#bounds.packet) return "its packet would be too large";
    const cost = bytes.length + OVERHEAD + (known ? 0 : PACKET_OVERHEAD);
    if ((this.#costs.get(sender) ?? 0) + cost > this.#bounds.sender)
      return "too much of its sender is unfinished";
    if (this.#cost + cost > this.#bounds.total) return "too much is unfinished";
    return null;
  }

  #begin(key: string, { sender, count }: ClaimedPart): Packet {
    const packet: Packet = {
      ...{ sender, count, size: null, parts: new Map(), cost: 0 },
      since: performance.now(),
    };
    this.#packets.set(key, packet);
    this.#charge(packet, PACKET_OVERHEAD);
    this.#timer ??= setTimeout(() => this.#look(), this.#bounds.patience).unref();
    return packet;
  }

  #charge(packet: Packet, cost: number): void {
    packet.cost += cost;
    this.#cost += cost;
    this.#costs.set(packet.sender, (this.#costs.get(packet.sender) ?? 0) + cost);
  }

  #forget(key: string, packet: Packet): void {
    const { sender, cost } = packet;
    this.#packets.delete(key);
    this.#cost -= cost;
    const left = (this.#costs.get(sender) ?? 0) - cost;
    if (left > 0) this.#costs.set(sender, left);
    else this.#costs.delete(sender);
  }

  /** Drops what is too old; the first one is the oldest. */
  #expire(): void {
    const before = performance.now() - this.#bounds.patience;
    for (const [key, packet] of this.#packets) {
      if (packet.since > before) return;
      this.#forget(key, packet);
    }
  }

  /** Also without further parts memory is given back. */
  #look(): void {
    this.#timer = undefined;
    this.#expire();
    const [oldest] = this.#packets.values();
    if (!oldest) return;
    const left = oldest.since + this.#bounds.patience - performance.now();
    this.#timer = setTimeout(() => this.#look(), Math.max(left, 1)).unref();
  }
}

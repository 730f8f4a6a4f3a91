/** Jute, in which ZooKeeper writes its packets: big endian; bytes, strings and lists with a length of 32 bits in front. */

export const jute = {
  int(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  },
  long(value: bigint): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  },
  bool: (value: boolean): Buffer => Buffer.from([Number(value)]),
  bytes: (value: Buffer): Buffer => Buffer.concat([jute.int(value.length), value]),
  string: (value: string): Buffer => jute.bytes(Buffer.from(value)),
  list: (items: Buffer[][]): Buffer => Buffer.concat([jute.int(items.length), ...items.flat()]),
  packet: (fields: Buffer[]): Buffer => jute.bytes(Buffer.concat(fields)),
};

/** Reads the fields of a packet in turn. @throws RangeError where it ends too early */
export class JuteReader {
  readonly #packet: Buffer;
  #at = 0;

  constructor(packet: Buffer) {
    this.#packet = packet;
  }

  skip(bytes: number): this {
    this.#at += bytes;
    return this;
  }

  int(): number {
    this.#at += 4;
    return this.#packet.readInt32BE(this.#at - 4);
  }

  long(): bigint {
    this.#at += 8;
    return this.#packet.readBigInt64BE(this.#at - 8);
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int());
    this.#at += length;
    return Buffer.from(this.#packet.subarray(this.#at - length, this.#at));
  }
}

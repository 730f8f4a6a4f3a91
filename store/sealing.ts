/**
 * Payloads, headers and answers at rest: AES-256-GCM under `BIDA_SECRET_KEY`, where `BIDA_ENCRYPT_PAYLOADS` says so. Each row has a
 * key of its own, derived from the installation's by the row's name (HMAC-SHA256), and each value knows its column: what was
 * copied into another row, or another column, does not open. Keys per row also keep random nonces apart, of which one key can take
 * 2^32 only (NIST SP 800-38D, section 8.3). Which key a row is sealed with stands beside it, so rows under several keys,
 * and rows that are not sealed, can stand side by side.
 */
import { createCipheriv, createDecipheriv, hash, randomBytes } from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Names a key without telling it: what fits a column of 32 bits. */
export const keyIdOf = (key: Buffer): number =>
  hash("sha256", Buffer.concat([Buffer.from("bida key id\0"), key]), "buffer").readUInt32BE(0) >>> 1;

/** HMAC-SHA256 (RFC 2104) under one key. `createHmac` makes objects that cost five times as much as the two hashes. */
export function hmacOf(key: Buffer): (data: Buffer) => Buffer {
  const block = Buffer.alloc(64);
  key.copy(block);
  const [inner, outer] = [0x36, 0x5c].map((pad) => block.map((byte) => byte ^ pad)) as [Buffer, Buffer];
  return (data) =>
    hash("sha256", Buffer.concat([outer, hash("sha256", Buffer.concat([inner, data]), "buffer")]), "buffer");
}

/** A key of the installation. */
interface MasterKey {
  id: number;
  rowKey(name: Buffer): Buffer;
}

/** Seals and opens the values of one row. */
export class RowBox {
  readonly keyId: number;
  readonly #name: Buffer;
  readonly #master: MasterKey;
  /** Derived once a value needs it: many rows have none. */
  #key: Buffer | null = null;

  constructor(master: MasterKey, name: Buffer) {
    this.keyId = master.id;
    this.#master = master;
    this.#name = name;
  }

  /** @returns base64 of nonce, tag and ciphertext; null for null */
  seal(column: string, text: string | null): string | null {
    if (text === null) return null;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#rowKey(), nonce).setAAD(Buffer.from(column));
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
  }

  /** @throws Error where the value was sealed for another row or column, or changed since */
  open(column: string, sealed: string): string {
    const bytes = Buffer.from(sealed, "base64");
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", this.#rowKey(), nonce).setAAD(Buffer.from(column));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const opened = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, "utf8");
    return opened + decipher.final("utf8");
  }

  #rowKey(): Buffer {
    this.#key ??= this.#master.rowKey(this.#name);
    return this.#key;
  }
}

export class Sealing {
  readonly #keys: Map<number, MasterKey>;
  readonly #current: MasterKey | null;

  /**
   * @param keys those that rows may be sealed with; new ones are with the first
   * @param isOn whether new rows are sealed
   */
  constructor(keys: Buffer[], isOn: boolean) {
    const masters = keys.map((key): MasterKey => ({ id: keyIdOf(key), rowKey: hmacOf(key) }));
    this.#keys = new Map(masters.map((master) => [master.id, master]));
    const [first = null] = masters;
    if (isOn && first === null) throw new Error("there is no key to seal with");
    this.#current = isOn ? first : null;
  }

  /** The key that new rows are sealed with; null where they are not. */
  get currentId(): number | null {
    return this.#current?.id ?? null;
  }

  has(keyId: number): boolean {
    return this.#keys.has(keyId);
  }

  /** For a new row; null: it is stored as it is. @param key what tells the row from the others of its table */
  forNew(table: string, ...key: (Uint8Array | number)[]): RowBox | null {
    return this.#current && new RowBox(this.#current, nameOf(table, key));
  }

  /** For a row that was sealed with a key. Null: we do not have it. */
  forStored(keyId: number, table: string, ...key: (Uint8Array | number)[]): RowBox | null {
    const known = this.#keys.get(keyId);
    return known === undefined ? null : new RowBox(known, nameOf(table, key));
  }
}

/** Of those who neither seal nor open. */
export const UNSEALED = new Sealing([], false);

/** Parts of fixed length behind the table's name: no two rows have one name. */
const nameOf = (table: string, key: (Uint8Array | number)[]): Buffer =>
  Buffer.concat([
    Buffer.from(`${table}\0`),
    ...key.map((part) => (typeof part === "number" ? Buffer.from(`${part}\0`) : part)),
  ]);

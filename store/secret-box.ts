/** Seals secrets before they reach the database: AES-256-GCM, a fresh nonce per value (NIST SP 800-38D). */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Config, isEmbedded } from "../core/config.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class SecretBox {
  readonly #given: Buffer | null;

  /** @param key 32 bytes; null where there is none, and then nothing can be sealed or opened */
  constructor(key: Buffer | null) {
    this.#given = key;
  }

  /** Whether there is a key. */
  get hasKey(): boolean {
    return this.#given !== null;
  }

  get #key(): Buffer {
    if (this.#given === null)
      throw new Error("BIDA_SECRET_KEY is not set: secrets can be neither sealed nor opened");
    return this.#given;
  }

  /** @returns base64 of nonce, tag and ciphertext */
  seal(text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce);
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
  }

  /** @throws Error where the text was sealed with another key, or changed since */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const opened = [decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()];
    return Buffer.concat(opened).toString("utf8");
  }
}

/** Tells one key from another; of 32 random bytes it gives nothing away. */
export const fingerprintOf = (key: Buffer): string =>
  createHash("sha256").update("bida secret key\n").update(key).digest("hex").slice(0, 12);

/**
 * The box of this installation: `BIDA_SECRET_KEY`, or with a single process a key made once in the data directory. Nodes
 * of a cluster would each make their own, and none could open what another sealed.
 */
export function openSecretBox(config: Pick<Config, "secretKey" | "dataDir" | "natsUrls">): SecretBox {
  return new SecretBox(config.secretKey ?? (isEmbedded(config) ? keyFile(config.dataDir) : null));
}

function keyFile(dataDir: string): Buffer {
  const file = path.resolve(dataDir, "secret.key");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, `${randomBytes(32).toString("base64")}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return Buffer.from(readFileSync(file, "utf8"), "base64");
}

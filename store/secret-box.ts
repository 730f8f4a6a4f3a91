/**
 * Seals the few secrets of apps and channels before they reach the database: AES-256-GCM, a fresh nonce per value (NIST SP
 * 800-38D). Each is bound to its row by its name: copied to another one it does not open.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Config, isEmbedded } from "../core/config.ts";
import { makeDataDir } from "./data-dir.ts";
import { keyIdOf, Sealing } from "./sealing.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Of values that are bound to a row; before that came, they were base64 alone. */
const BOUND = "2.";

export class SecretBox {
  readonly #given: Buffer | null;
  readonly #former: Buffer[];

  /**
   * @param key 32 bytes; null where there is none, and then nothing can be sealed or opened
   * @param former keys that only open
   */
  constructor(key: Buffer | null, former: Buffer[] = []) {
    this.#given = key;
    this.#former = former;
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

  /** @param row the row that it is for, `apps:7` */
  seal(text: string, row: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(row));
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    const bytes = Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    return `${BOUND}${keyIdOf(this.#key)}.${bytes.toString("base64")}`;
  }

  /** @throws Error where the text was sealed with another key or for another row, or changed since */
  open(sealed: string, row: string): string {
    const [key = this.#key, ...others] = [this.#key, ...this.#former];
    if (sealed.startsWith(BOUND)) {
      const [, id, text = ""] = sealed.split(".");
      const known = [key, ...others].find((one) => String(keyIdOf(one)) === id);
      if (known === undefined) throw new Error("it was sealed with another key");
      return openWith(known, text, row);
    }
    for (const one of [key, ...others]) {
      try {
        return openWith(one, sealed, null);
      } catch {
        // With the next one.
      }
    }
    throw new Error("it was sealed with another key, or changed since");
  }

  /** Whether a value has the form that {@link SecretBox.seal} gives now. */
  isCurrent(sealed: string): boolean {
    return sealed.startsWith(`${BOUND}${keyIdOf(this.#key)}.`);
  }
}

/** Tells one key from another; of 32 random bytes it gives nothing away. */
export const fingerprintOf = (key: Buffer): string =>
  createHash("sha256").update("bida secret key\n").update(key).digest("hex").slice(0, 12);

/** @param row null: it is bound to none */
function openWith(key: Buffer, sealed: string, row: string | null): string {
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
  if (row !== null) decipher.setAAD(Buffer.from(row));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const opened = [decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()];
  return Buffer.concat(opened).toString("utf8");
}

type KeyConfig = Pick<Config, "secretKey" | "dataDir" | "natsUrls"> &
  Partial<Pick<Config, "formerSecretKeys">>;

/**
 * The box of this installation: `BIDA_SECRET_KEY`, or with a single process a key made once in the data directory. Nodes
 * of a cluster would each make their own, and none could open what another sealed.
 */
export const openSecretBox = (config: KeyConfig): SecretBox =>
  new SecretBox(keyOf(config), config.formerSecretKeys ?? []);

/** What this installation's payloads and answers are sealed with. */
export function openSealing(config: KeyConfig & Pick<Config, "encryptPayloads">): Sealing {
  const keys = [keyOf(config), ...(config.formerSecretKeys ?? [])].filter((key) => key !== null);
  return new Sealing(keys, config.encryptPayloads);
}

const keyOf = (config: KeyConfig): Buffer | null =>
  config.secretKey ?? (isEmbedded(config) ? keyFile(config.dataDir) : null);

function keyFile(dataDir: string): Buffer {
  const file = path.resolve(dataDir, "secret.key");
  makeDataDir(dataDir);
  try {
    writeFileSync(file, `${randomBytes(32).toString("base64")}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return Buffer.from(readFileSync(file, "utf8"), "base64");
}

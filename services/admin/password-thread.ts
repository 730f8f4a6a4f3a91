/**
 * A worker thread that hashes passwords: one argon2id takes 75 ms of pure computing, which would stop everything else
 * on the thread that it runs on.
 */
import { randomBytes } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { argon2id, argon2Verify } from "hash-wasm";

/** Without `hash`: make one. */
export interface PasswordJob {
  password: string;
  hash: string | null;
}

export type PasswordAnswer = string | boolean;

/** OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane. */
const PARAMETERS = { memorySize: 19_456, iterations: 2, parallelism: 1, hashLength: 32 };

parentPort?.on("message", async ({ password, hash }: PasswordJob) => {
  const result =
    hash === null
      ? await argon2id({ password, salt: randomBytes(16), ...PARAMETERS, outputType: "encoded" })
      : await argon2Verify({ password, hash }).catch(() => false);
  parentPort?.postMessage(result satisfies PasswordAnswer);
});

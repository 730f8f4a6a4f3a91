/** What the text of a setting may be: a number, a URL, a list, ranges of addresses. */
import { isIP } from "node:net";
import { z } from "zod";
import { neverMatches } from "../addresses.ts";
import { EgressPolicy } from "../egress.ts";
import { tlsOf } from "../server-tls.ts";

export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number, ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be ${min} to ${max}`);

export const url = (schemes: string[]) =>
  z.string().refine(
    (text) => {
      const parsed = URL.parse(text);
      return parsed !== null && schemes.includes(parsed.protocol.slice(0, -1)) && parsed.hostname !== "";
    },
    `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
  );

/** Of a server that Bida uses: with parameters of TLS and no others. */
export const server = (schemes: string[]) =>
  url(schemes).superRefine((text, ctx) => {
    if (!URL.canParse(text)) return;
    try {
      tlsOf(text);
    } catch (error) {
      // An object: after a text the rules that follow are not looked at.
      ctx.addIssue({ code: "custom", message: (error as Error).message });
    }
  });

export const list = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== ""),
);

export const ranges = list.superRefine((entries, ctx) => {
  try {
    new EgressPolicy(entries);
  } catch (error) {
    ctx.addIssue((error as Error).message);
  }
});

export const key = z
  .string()
  .transform((text) => Buffer.from(text, "base64"))
  .refine((bytes) => bytes.length === 32, "must be 32 bytes in base64 (openssl rand -base64 32)");

/** Part of a NATS subject: no blanks, no wildcards. A dot would make two parts of one. */
export const namespaceName = z
  .string()
  .regex(/^[\w-]{1,64}$/, "must be letters, digits, - and _, at most 64");

/** Stands for Moleculer's default namespace, which has no name. */
export const DEFAULT_NAMESPACE = "default";

const NAMES = "must be names of namespaces: default,shop; or none";
export const rpcNamespaces = list
  .pipe(z.array(z.string().regex(/^[\w.-]{1,64}$/, NAMES)).min(1, NAMES))
  .refine((names) => names.length === 1 || !names.includes("none"), "none stands alone")
  .transform((names) =>
    [...new Set(names)]
      .filter((name) => name !== "none")
      .map((name) => (name === DEFAULT_NAMESPACE ? "" : name)),
  );

/** Of callers and proxies. One that can never match would be taken for a protection, or for a permission, that it is not. */
export const peers = ranges.superRefine((entries, ctx) => {
  const problem = entries.map(neverMatches).find((one) => one !== null);
  if (problem) ctx.addIssue(problem);
});

/** `ip`, `ip:port` or `[ip]:port`. */
export function isServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const [, v6 = "", v4 = "", port = "53"] = /^(?:\[(.+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  return (isIP(v6) === 6 || isIP(v4) === 4) && Number(port) >= 1 && Number(port) <= 65_535;
}

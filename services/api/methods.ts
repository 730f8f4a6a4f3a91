/** Which methods a path has. Where it is asked for with another one that is said, with those it has (RFC 9110, section 15.5.6). */
import type { IncomingMessage, ServerResponse } from "node:http";
import { BidaError } from "../../core/errors.ts";
import type { Declaration } from "./route.ts";

export class Methods {
  /** Those without parameters. */
  readonly #fixed = new Map<string, Set<string>>();
  readonly #patterns: { pattern: RegExp; methods: string[] }[] = [];

  constructor(declared: Declaration[]) {
    for (const { method, path, tag } of declared) {
      const methods = tag === "Health" ? [method, "HEAD"] : [method];
      if (path.includes("{"))
        this.#patterns.push({ pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`), methods });
      else this.#fixed.set(path, new Set([...(this.#fixed.get(path) ?? []), ...methods]));
    }
  }

  /** What a request is refused with because of its method; then the answer has `Allow`. Null: nothing, or the path is not declared. */
  refusal({ method = "", url = "" }: IncomingMessage, res: ServerResponse): BidaError | null {
    const [path = ""] = url.split("?", 1);
    // `/v1/tasks/cancel` is no task of that name.
    const methods =
      this.#fixed.get(path) ??
      new Set(this.#patterns.flatMap((one) => (one.pattern.test(path) ? one.methods : [])));
    if (methods.size === 0 || methods.has(method)) return null;
    const allowed = [...methods].join(", ");
    res.setHeader("allow", allowed);
    return new BidaError("method_not_allowed", `This takes ${allowed}`);
  }
}

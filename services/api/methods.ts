/** Which methods a path has. Where it is asked for with another one that is said, with those it has (RFC 9110, section 15.5.6). */
import type { IncomingMessage, ServerResponse } from "node:http";
import { BidaError } from "../../core/errors.ts";
import { refusalOf } from "./problem.ts";
import type { Declaration, GatewayRequest } from "./route.ts";

export class Methods {
  readonly #paths: { pattern: RegExp; methods: string[] }[];

  constructor(declared: Declaration[]) {
    this.#paths = declared.map(({ method, path, tag }) => ({
      pattern: new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`),
      methods: tag === "Health" ? [method, "HEAD"] : [method],
    }));
  }

  /**
   * What went wrong with a request: where nothing was found because of its method, that.
   * @returns the error, or one that says so; then the answer has `Allow`
   */
  judge(req: IncomingMessage, res: ServerResponse, error: unknown): unknown {
    if (refusalOf(error).code !== "not_found") return error;
    const [path = ""] = ((req as GatewayRequest).originalUrl ?? req.url ?? "").split("?", 1);
    const methods = this.#paths.flatMap((one) => (one.pattern.test(path) ? one.methods : []));
    if (methods.length === 0 || methods.includes(req.method ?? "")) return error;
    const allowed = [...new Set(methods)].join(", ");
    if (!res.headersSent) res.setHeader("allow", allowed);
    return new BidaError("method_not_allowed", `This takes ${allowed}`);
  }
}

/** What went wrong with a request, in one form for every page. */
import { ruleText } from "../lib/problem-text.ts";
import type { Problem } from "./types.ts";

export class ApiError extends Error {
  /** 0: no answer at all. */
  readonly status: number;
  readonly code: string;
  readonly fields: { field: string; message: string }[];

  constructor(status: number, code: string, message: string, fields: Problem["errors"] = []) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.fields = fields;
  }

  /** True where trying again later can help: no answer, or the server says that it cannot just now. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }

  /** What is wrong with a field, or with something below it; not with what `elsewhere` names, which is said there. */
  of(field: string, elsewhere?: string): string | undefined {
    const within = (name: string, whole: string) => name === whole || name.startsWith(`${whole}.`);
    const found = this.fields.find(
      (one) => within(one.field, field) && !(elsewhere && within(one.field, elsewhere)),
    );
    if (!found) return undefined;
    const inner = found.field.slice(field.length + 1);
    const rule = ruleText(found.message);
    return inner ? `${inner} ${rule}` : rule;
  }
}

export function problemOf(status: number, body: unknown): ApiError {
  const { code, detail, title, errors } = (
    typeof body === "object" && body !== null ? body : {}
  ) as Partial<Problem>;
  return new ApiError(status, code ?? `http_${status}`, detail ?? title ?? `HTTP ${status}`, errors ?? []);
}

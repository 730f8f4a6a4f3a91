/** Names of what the audit log tells of by numbers; what is deleted is named as it was. */
import type { AuditTarget } from "../../core/audit.ts";
import { lastSaidOf } from "../../store/audit.ts";
import type { Database } from "../../store/database.ts";
import { namesIn } from "../../store/names.ts";

const NAMED = ["user", "app", "webhook"] as const;

/** @returns the name of each of `targets`; null where it has none */
export async function targetNames(
  db: Database,
  targets: AuditTarget[],
): Promise<(target: AuditTarget) => string | null> {
  const names = new Map<string, string>();
  for (const type of NAMED) {
    const ids = new Set(targets.flatMap((one) => (one.type === type && one.id !== null ? one.id : [])));
    const known = await namesIn(db, type, [...ids].map(Number).filter(Number.isSafeInteger));
    for (const id of ids) {
      const name = known.get(Number(id)) ?? nameIn(await lastSaidOf(db, type, id));
      if (name !== null) names.set(`${type}:${id}`, name);
    }
  }
  return ({ type, id }) => names.get(`${type}:${id}`) ?? null;
}

/** What an entry of the log says of it. */
function nameIn(said: unknown): string | null {
  const { name, username } = (said ?? {}) as { name?: unknown; username?: unknown };
  const found = name ?? username;
  return typeof found === "string" ? found : null;
}

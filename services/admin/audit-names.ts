/** Names of what the audit log tells of by numbers; what is deleted is named as it was. */
import type { AuditTarget } from "../../core/audit.ts";
import { lastSaidOf } from "../../store/audit.ts";
import type { Database } from "../../store/database.ts";
import { aboutOf, NAMED, type NamedThing, namesIn } from "../../store/names.ts";

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
      const name = known.get(Number(id)) ?? (await said(db, type, id));
      if (name !== null) names.set(`${type}:${id}`, name);
    }
  }
  return ({ type, id }) => names.get(`${type}:${id}`) ?? null;
}

/** An incident's mutes are no names of it. */
const said = async (db: Database, type: NamedThing, id: string): Promise<string | null> =>
  type === "incident" ? null : nameIn(await lastSaidOf(db, type, id));

/** What an entry of the log says of it; a mute, which has no name, is called by whose alarms it holds back. */
function nameIn(said: unknown): string | null {
  const { name, username, errorCode, sourceAppName, destination } = (said ?? {}) as Record<string, unknown>;
  const found = name ?? username ?? aboutOf([errorCode, sourceAppName, destination]);
  return typeof found === "string" && found !== "" ? found : null;
}

/** Who stands behind a request, and what that one may do. */

/** What a user may do; each includes the ones before it. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

export const ACTOR_KINDS = ["user", "app", "node", "repl"] as const;

/** Who is named in the audit log. */
export interface Actor {
  /** `repl`: an operating system's user at the REPL; anyone who may open it may do everything. */
  kind: (typeof ACTOR_KINDS)[number];
  /** Null: other services of the cluster, and the REPL. */
  id: number | null;
  name: string;
  /** Null: not a user. */
  role: Role | null;
}

/**
 * Whether `actor` sees tasks without their secrets. Users do, whatever their role: operators ask for them, and that is on
 * record. Apps see what they handed over; other services of the cluster, and the REPL, see everything.
 */
export const seesMasks = (actor: Pick<Actor, "kind"> | undefined): boolean => actor?.kind === "user";

/** Whose share something counts against. */
export const callerKey = ({ kind, id, name }: Pick<Actor, "kind" | "id" | "name">): string =>
  `${kind}:${id ?? name}`;

/** Who may use a route: users from this role on, and, where `apps`, calling apps for what is theirs. */
export interface Access {
  role: Role;
  apps?: boolean;
}

/** Whether `actor` has what `access` asks for. Other services of the cluster, and the REPL, have everything. */
export function isAllowed(actor: Actor, access: Access): boolean {
  if (actor.kind === "node" || actor.kind === "repl") return true;
  if (actor.kind === "app") return access.apps === true;
  return actor.role !== null && ROLES.indexOf(actor.role) >= ROLES.indexOf(access.role);
}

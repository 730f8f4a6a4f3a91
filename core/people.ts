/** Apps, users, sessions and the audit log as callers see them. Times are ISO 8601. */
import type { Actor, Role } from "./caller.ts";

/** A calling app. Its key and its signing secret are shown once, when they are made. */
export interface AppView {
  id: number;
  /** Unique among the apps that are not deleted. */
  name: string;
  /** A disabled app's key is refused; its tasks go on. */
  disabled: boolean;
  /** CIDR ranges it may call from; empty: from anywhere. */
  ipAllow: string[];
  /** Requests per second at each node with the REST API; null: no limit. */
  ratePerSecond: number | null;
  /** Whether what operators resend in its name is signed as its own. */
  signResends: boolean;
  /** JSONPath of the business key in what its new tasks send; null: they have none. */
  businessKeyPath: string | null;
  /** Until when the key before the present one works; null where it does not. */
  previousKeyUntil: string | null;
  /** Whether its callbacks are signed. */
  signing: boolean;
  /** Until when the secret before the present one signs as well; null where it does not. */
  previousSecretUntil: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface AppRequest {
  name: string;
  ipAllow?: string[] | undefined;
  ratePerSecond?: number | null | undefined;
  signResends?: boolean | undefined;
  businessKeyPath?: string | null | undefined;
}

export type AppChange = Partial<AppRequest> & { disabled?: boolean | undefined };

/** Null: this installation has no `BIDA_SECRET_KEY`, so it can keep no signing secrets. */
export type CreatedApp = AppView & { key: string; signingSecret: string | null };

export interface Rotation {
  id: number;
  /** True: the old one ends now, not after the overlap of 24 h. */
  immediately?: boolean | undefined;
}

export interface UserView {
  id: number;
  username: string;
  role: Role;
  disabled: boolean;
  /** Whether `BIDA_ADMIN_PASSWORD` is this user's password. It is until they choose one. */
  environmentPassword: boolean;
  createdAt: string;
  updatedAt: string;
}

export interface UserRequest {
  username: string;
  password: string;
  role: Role;
}

export interface UserChange {
  password?: string | undefined;
  role?: Role | undefined;
  disabled?: boolean | undefined;
}

/** Who is logged in. */
export interface SessionView {
  user: { id: number; username: string; role: Role };
  /** Null: Basic credentials, which do not expire. */
  expiresAt: string | null;
  /** The password is the default one that everybody knows. */
  mustChangePassword: boolean;
}

export interface AuditView {
  id: string;
  at: string;
  actor: Omit<Actor, "role">;
  sourceIp: string | null;
  /** `thing.verb`, such as `app.create`. */
  action: string;
  /** `name`: of a user, an app or a channel, also of one that is deleted; null where it has none, or nobody knows it. */
  target: { type: string; id: string | null; name: string | null };
  before: unknown;
  after: unknown;
  note: string | null;
  requestPath: string | null;
  /** The job, or the act on many tasks, that it is part of; an entry whose target it is stands for all of them. */
  group: string | null;
}

/** What filters of the audit log can be set to. */
export interface AuditNames {
  actors: string[];
  actions: string[];
  /** Kinds of targets. */
  targets: string[];
}

export interface AuditQuery {
  /** Name of a user, an app, a node, or of who sat at the REPL. */
  actor?: string | undefined;
  action?: string | undefined;
  /** `type` or `type:id`, such as `task:0198f3a2-…`. */
  target?: string | undefined;
  /** ISO 8601; `from` is included, `to` is not. */
  from?: string | undefined;
  to?: string | undefined;
  /** What belongs to a job, or to an act on many tasks. Without it that stays out, unless an action or one target is asked for. */
  group?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** What a user's credentials say; `environment`: they are those of `BIDA_ADMIN_USERNAME` and `BIDA_ADMIN_PASSWORD`. */
export interface Credentials {
  username: string;
  password: string;
  environment: boolean;
  /** Hash of the browser's token, which a login before may have made known. */
  device?: string | null;
}

/** A user whose credentials were right. */
export interface UserIdentity {
  userId: number;
  username: string;
  role: Role;
  environmentPassword: boolean;
}

/**
 * A session cookie, as the gateway shows it to the admin service: the token itself stays with the browser.
 * Both hexadecimal, 32 bytes.
 */
export interface SessionProof {
  /** SHA-256 of the token. */
  tokenHash: string;
  /** HMAC-SHA256 of the environment's password under the token; a session that began with another one is over. */
  mark: string;
}

/** What a login says beside credentials and the new session's proof. */
export interface LoginPlace {
  /** Hash of the browser's token; null where it has none. */
  device: string | null;
  /** Hash of the token of the browser's older session, which ends; null where there is none. */
  ends: string | null;
  userAgent: string | null;
}

/** A session in the list of a user's sessions. */
export interface SessionItem {
  /** Names it; it is no credential. */
  id: string;
  /** Whether it is the one that asks. */
  current: boolean;
  createdAt: string;
  /** To some minutes. */
  usedAt: string;
  expiresAt: string;
  /** Where it began. */
  sourceIp: string | null;
  userAgent: string | null;
}

export interface SessionIdentity {
  user: UserIdentity;
  expiresAt: string;
}

/** Of the user who calls. */
export interface PasswordChange {
  current: Credentials;
  newPassword: string;
  /** Null: the caller has no session. */
  renewed: (SessionProof & { userAgent: string | null }) | null;
}

/** An app whose key was right. */
export interface AppIdentity {
  appId: number;
  name: string;
  ipAllow: string[];
  ratePerSecond: number | null;
}

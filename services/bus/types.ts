/** What a call and an event of the cluster are made of. */
import type { Context } from "moleculer";
import type { Actor } from "../../core/caller.ts";
import type { ActionMap, EventMap } from "../../core/contract.ts";
import type { TaskId } from "../../core/ids.ts";
import type { LoginPlace } from "../../core/people.ts";
import type { Scope } from "../../store/scope.ts";
import type { KeyMeta } from "../tasks/batch-keys.ts";

/** What travels beside the parameters of a call. */
export interface CallMeta extends KeyMeta {
  /** Who asks. Absent on calls from other services of the cluster, which see everything. */
  scope?: Scope;
  /** The same one, for the audit log. */
  actor?: Actor;
  /** Address of the caller of the REST API. */
  sourceIp?: string;
  /** `POST /v1/…`, for the audit log. */
  requestPath?: string;
  /** `X-Request-ID`, for the log. */
  requestId?: string;
  /** JSON in views of tasks (`requestParam`, `expect`) is wanted as text, which passes from node to node unchanged. */
  exact?: true;
  /** Of a login. Here, and not among its parameters: nodes of an earlier release refuse parameters that they do not know. */
  loginPlace?: LoginPlace;
  /**
   * The ids of the tasks that are handed over, in order. Who sends them may send the same call again, to another
   * scheduler too: there is one task per id.
   */
  taskIds?: TaskId[];
}

export interface CallOptions {
  meta?: CallMeta;
  /** Ask this node; otherwise any that offers the action. */
  nodeID?: string;
  /** Overrides the broker's request timeout, in ms. */
  timeout?: number;
}

export type ActionName = keyof ActionMap;
export type EventName = keyof EventMap;
export type BidaContext = Context<unknown, CallMeta>;

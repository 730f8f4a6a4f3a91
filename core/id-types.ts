/** The types of identifiers, without what makes them: the client package ships these. */
declare const brand: unique symbol;

/** Lower-case UUID text, e.g. `0198f3a2-…`. What callers see. */
export type TaskId = string & { readonly [brand]: "TaskId" };

/** Names the queue a task waits in: all tasks for one target origin share a lane. 11 characters of base64url. */
export type Lane = string & { readonly [brand]: "Lane" };

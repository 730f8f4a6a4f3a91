/** `/v1/users`. */
import type { UserChange, UserRequest } from "../../core/people.ts";
import { pageOf, pageQuerySchema } from "../../core/schema/parts.ts";
import { changeUserSchema, createUserSchema, userSchema } from "../../core/schema/users.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import { numberOf, withNumbers } from "./query.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Users";
const access = { role: "admin" } as const;

export const userRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/users",
    tag,
    summary: "List users",
    access,
    query: pageQuerySchema,
    answer: { description: "A page", schema: pageOf(userSchema) },
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.listUsers", withNumbers(query, "limit"), { meta }),
  },
  {
    method: "POST",
    path: "/v1/users",
    tag,
    summary: "Make a user",
    access,
    body: { schema: createUserSchema },
    refusals: ["conflict"],
    answer: { status: 201, description: "The user", schema: userSchema },
    handler: ({ broker, body, meta }) => call(broker, "admin.createUser", body as UserRequest, { meta }),
  },
  {
    method: "PATCH",
    path: "/v1/users/{id}",
    tag,
    summary: "Change a user's role or password, or disable the user",
    description: "A new password, and being disabled, ends all sessions of the user.",
    access,
    body: { schema: changeUserSchema },
    refusals: ["conflict"],
    answer: { description: "The user", schema: userSchema },
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.changeUser", { ...(body as UserChange), ...idOf(params) }, { meta }),
  },
  {
    method: "DELETE",
    path: "/v1/users/{id}",
    tag,
    summary: "Delete a user",
    access,
    refusals: ["conflict"],
    answer: { status: 204, description: "Done" },
    handler: ({ broker, params, meta }) => call(broker, "admin.deleteUser", idOf(params), { meta }),
  },
];

const idOf = (params: RestCall["params"]) => ({ id: numberOf(params.id) });

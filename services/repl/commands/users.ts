/** `users …`: who may log in. Passwords are never arguments: everybody on the machine can read those. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { ROLES, type Role } from "../../../core/caller.ts";
import type { UserChange, UserView } from "../../../core/people.ts";
import { ask } from "../ask.ts";
import { type Command, type Session, shown, type Typed } from "../command.ts";
import { Mistake, nearest, Refused } from "../mistake.ts";
import { localTime, oneLine } from "../paint.ts";
import { everyPage } from "./pages.ts";

const role = { value: "<role>", help: `${ROLES.join(", ")}; each may do what the ones before it may` };
const stdin = { value: null, help: "reads the password from stdin; otherwise one is made up and shown once" };
/** Of a password that is made up, in bytes. */
const PASSWORD_BYTES = 18;

export const users: Command = {
  name: "users list",
  isDefault: true,
  args: "",
  arity: [0, 0],
  summary: "lists users and their roles",
  options: {},
  examples: ["users list"],
  async run(session) {
    const items = await everyUser(session);
    const rows = items.map((user) => [
      String(user.id),
      oneLine(user.username),
      user.role,
      user.disabled ? session.paint.bad("disabled") : "enabled",
      user.environmentPassword ? "BIDA_ADMIN_PASSWORD" : "own",
      localTime(user.createdAt),
    ]);
    return shown(
      { items },
      session.paint.table([">id", "name", "role", "state", "password", "created"], rows),
    );
  },
};

export const createUser: Command = {
  name: "users create",
  only: "shell",
  args: "<name>",
  arity: [1, 1],
  summary: "makes a user",
  options: { role, "password-stdin": stdin },
  examples: [
    "users create wang --role operator",
    "users create wang --role viewer --password-stdin < password.txt",
  ],
  async run(session, typed) {
    const [username = ""] = typed.args;
    const { password, said } = passwordOf(typed);
    const user = await ask(session, "admin.createUser", {
      username,
      password,
      role: roleIn(typed) ?? missingRole(),
    });
    return shown(
      { ...user, ...said },
      told(`${oneLine(user.username)} is made, with the role ${user.role}`, said),
    );
  },
};

export const setUser: Command = {
  name: "users set",
  args: "<user>",
  arity: [1, 1],
  summary: "changes a user's role, or whether they may log in",
  options: {
    role,
    disable: { value: null, help: "ends their sessions, and lets them log in no more" },
    enable: { value: null, help: "lets them log in again" },
  },
  examples: ["users set wang --role viewer", "users set wang --disable"],
  async run(session, typed) {
    const change: UserChange = {};
    const wanted = roleIn(typed);
    if (wanted !== undefined) change.role = wanted;
    const [disable, enable] = ["disable", "enable"].map((flag) => typed.flags.has(flag));
    if (disable && enable) throw new Mistake("type --disable or --enable, not both");
    if (disable || enable) change.disabled = disable === true;
    if (Object.keys(change).length === 0)
      throw new Mistake("there is nothing to set; type --role, --disable or --enable");
    const { id } = await userOf(session, typed.args[0] as string);
    const user = await ask(session, "admin.changeUser", { id, ...change });
    return shown(user, `${oneLine(user.username)} is changed`);
  },
};

export const userPassword: Command = {
  name: "users password",
  only: "shell",
  args: "<user>",
  arity: [1, 1],
  summary: "gives a user another password; their sessions end",
  options: { "password-stdin": stdin },
  examples: ["users password wang"],
  async run(session, typed) {
    const { id } = await userOf(session, typed.args[0] as string);
    const { password, said } = passwordOf(typed);
    const user = await ask(session, "admin.changeUser", { id, password });
    return shown({ ...user, ...said }, told(`${oneLine(user.username)} has another password`, said));
  },
};

export const deleteUser: Command = {
  name: "users delete",
  args: "<user>",
  arity: [1, 1],
  summary: "deletes a user",
  options: {},
  examples: ["users delete wang"],
  async run(session, { args: [name = ""] }) {
    const { id } = await userOf(session, name);
    await ask(session, "admin.deleteUser", { id });
    return shown({ id, deleted: true }, `${name} is deleted`);
  },
};

const everyUser = (session: Session): Promise<UserView[]> =>
  everyPage((page) => ask(session, "admin.listUsers", page));

async function userOf(session: Session, name: string): Promise<UserView> {
  const items = await everyUser(session);
  const found =
    items.find((user) => user.username === name) ?? items.find((user) => String(user.id) === name);
  if (found) return found;
  throw new Refused(`there is no user "${name}"; "users list" lists those that there are`);
}

function roleIn(typed: Typed): Role | undefined {
  const text = typed.text("role");
  const known: readonly string[] = ROLES;
  if (text === undefined || known.includes(text)) return text as Role | undefined;
  const meant = nearest(text, [...known]);
  throw new Mistake(
    `there is no role "${text}"; ${meant ? `did you mean ${meant}?` : `type one of ${known.join(", ")}`}`,
  );
}

function missingRole(): never {
  throw new Mistake(`--role is needed: ${ROLES.join(", ")}`);
}

/** `said`: what is shown of one that was made up. */
function passwordOf(typed: Typed): { password: string; said: { password?: string } } {
  if (!typed.flags.has("password-stdin")) {
    const password = randomBytes(PASSWORD_BYTES).toString("base64url");
    return { password, said: { password } };
  }
  const password = readFileSync(0, "utf8").replace(/\r?\n$/, "");
  if (password === "")
    throw new Mistake("--password-stdin: nothing came; type: users … --password-stdin < file");
  return { password, said: {} };
}

const told = (line: string, { password }: { password?: string }): string =>
  password === undefined ? line : `${line}\npassword  ${password}\n\nIt is not shown again.`;

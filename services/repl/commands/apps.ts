/** `apps …`: calling apps. Keys and secrets are shown once. */
import type { AppChange, AppView } from "../../../core/people.ts";
import { ask } from "../ask.ts";
import { type Command, type Session, type Shown, shown, type Typed } from "../command.ts";
import { Mistake, Refused } from "../mistake.ts";
import { localTime, oneLine } from "../paint.ts";
import { numberOf } from "../times.ts";
import { everyPage } from "./pages.ts";

const LIMITS: Command["options"] = {
  "ip-allow": {
    value: "<ranges>",
    help: "where it may call from: 10.0.0.0/8,192.168.1.7; any: from anywhere",
  },
  rate: { value: "<n>", help: "requests per second at each node; none: no limit" },
  "business-key": { value: "<path>", help: "JSONPath of it in what new tasks send: '$.orderNo'; none" },
};
const immediately = { value: null, help: "the former one ends now, not after 24 h" };

export const apps: Command = {
  name: "apps list",
  isDefault: true,
  args: "",
  arity: [0, 0],
  summary: "lists calling apps",
  options: {},
  examples: ["apps list"],
  async run(session) {
    const items = await everyApp(session);
    if (items.length === 0) return shown({ items }, "no apps");
    const rows = items.map((app) => [
      String(app.id),
      oneLine(app.name),
      app.disabled ? session.paint.bad("disabled") : "enabled",
      app.signing ? "yes" : "no",
      String(app.ratePerSecond ?? "-"),
      app.ipAllow.join(",") || "-",
      localTime(app.createdAt),
    ]);
    const headings = [">id", "name", "state", "signing", ">per s", "from", "created"];
    return shown({ items }, session.paint.table(headings, rows));
  },
};

export const createApp: Command = {
  name: "apps create",
  args: "<name>",
  arity: [1, 1],
  summary: "makes an app, and shows its key and its signing secret once",
  options: LIMITS,
  examples: ["apps create shop", "apps create shop --rate 50 --ip-allow 10.0.0.0/8"],
  async run(session, typed) {
    const app = await ask(session, "admin.createApp", { name: typed.args[0] as string, ...limitsIn(typed) });
    return withSecrets(session, app, [
      ["key", app.key],
      ["signing secret", app.signingSecret ?? "none: BIDA_SECRET_KEY is not set"],
    ]);
  },
};

export const setApp: Command = {
  name: "apps set",
  args: "<app>",
  arity: [1, 1],
  summary: "changes an app, named by its id or its name",
  options: {
    ...LIMITS,
    name: { value: "<name>", help: "another name" },
    disable: { value: null, help: "refuses its key; its tasks go on" },
    enable: { value: null, help: "takes its key again" },
  },
  examples: ["apps set shop --rate none", "apps set shop --business-key '$.orderNo'", "apps set 3 --disable"],
  async run(session, typed) {
    const change: AppChange = limitsIn(typed);
    const name = typed.text("name");
    if (name !== undefined) change.name = name;
    const [disable, enable] = ["disable", "enable"].map((flag) => typed.flags.has(flag));
    if (disable && enable) throw new Mistake("type --disable or --enable, not both");
    if (disable || enable) change.disabled = disable === true;
    if (Object.keys(change).length === 0)
      throw new Mistake(
        "there is nothing to set; type --name, --rate, --ip-allow, --business-key, --disable or --enable",
      );
    const { id } = await appOf(session, typed.args[0] as string);
    const app = await ask(session, "admin.changeApp", { id, ...change });
    return shown(app, `${oneLine(app.name)} is changed`);
  },
};

export const rotateKey: Command = {
  name: "apps rotate-key",
  args: "<app>",
  arity: [1, 1],
  summary: "gives an app another key, and shows it once; the former one works for 24 h more",
  options: { immediately },
  examples: ["apps rotate-key shop", "apps rotate-key shop --immediately"],
  async run(session, typed) {
    const { id } = await appOf(session, typed.args[0] as string);
    const app = await ask(session, "admin.rotateKey", { id, ...rotationIn(typed) });
    return withSecrets(session, app, [["key", app.key]]);
  },
};

export const rotateSecret: Command = {
  name: "apps rotate-secret",
  args: "<app>",
  arity: [1, 1],
  summary: "gives an app another signing secret, and shows it once; both sign for 24 h",
  options: { immediately },
  examples: ["apps rotate-secret shop"],
  async run(session, typed) {
    const { id } = await appOf(session, typed.args[0] as string);
    const app = await ask(session, "admin.rotateSecret", { id, ...rotationIn(typed) });
    return withSecrets(session, app, [["signing secret", app.signingSecret]]);
  },
};

export const deleteApp: Command = {
  name: "apps delete",
  args: "<app>",
  arity: [1, 1],
  summary: "deletes an app: its key stops working; its tasks go on",
  options: {},
  examples: ["apps delete shop"],
  async run(session, { args: [name = ""] }) {
    const { id } = await appOf(session, name);
    await ask(session, "admin.deleteApp", { id });
    return shown({ id, deleted: true }, `${name} is deleted`);
  },
};

const everyApp = (session: Session): Promise<AppView[]> =>
  everyPage((page) => ask(session, "admin.listApps", page));

async function appOf(session: Session, name: string): Promise<AppView> {
  const items = await everyApp(session);
  // A name counts before an id: it is unique.
  const found = items.find((app) => app.name === name) ?? items.find((app) => String(app.id) === name);
  if (found) return found;
  throw new Refused(`there is no app "${name}"; "apps list" lists those that there are`);
}

function limitsIn(typed: Typed): Pick<AppChange, "ipAllow" | "ratePerSecond" | "businessKeyPath"> {
  const [ranges, rate, path] = [typed.text("ip-allow"), typed.text("rate"), typed.text("business-key")];
  return {
    ...(ranges === undefined
      ? {}
      : { ipAllow: ranges === "any" ? [] : ranges.split(",").map((one) => one.trim()) }),
    ...(rate === undefined
      ? {}
      : { ratePerSecond: rate === "none" ? null : numberOf("--rate", rate, "a number, or none") }),
    ...(path === undefined ? {} : { businessKeyPath: path === "none" ? null : path }),
  };
}

const rotationIn = (typed: Typed) => (typed.flags.has("immediately") ? { immediately: true } : {});

const withSecrets = (session: Session, app: AppView, secrets: [string, string][]): Shown =>
  shown(
    app,
    `${session.paint.fields([["id", String(app.id)], ["name", oneLine(app.name)], ...secrets])}\n\n${session.paint.faint("It is not shown again.")}`,
  );

/** Calling apps: their keys, signing secrets and limits. */
import { type EpochMs, iso, later } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import { ROTATION_OVERLAP } from "../../core/logins.ts";
import type { AppChange, AppView } from "../../core/people.ts";
import { changeAppSchema, createAppSchema, rotateSchema } from "../../core/schema/apps.ts";
import { pageQuerySchema } from "../../core/schema/parts.ts";
import { parseWith } from "../../core/task-schema.ts";
import {
  type App,
  appByKeyHash,
  createApp,
  deleteApp,
  listApps,
  liveSecrets,
  lockApp,
  newKey,
  newSecret,
  replaceKey,
  writeApp,
} from "../../store/apps.ts";
import type { Database } from "../../store/database.ts";
import { transaction } from "../../store/failures.ts";
import { type ActionsOf, broadcast } from "../bus/bus.ts";
import { egressOf } from "../node/egress.ts";
import { endJobsOf } from "./jobs.ts";
import { officeOf } from "./office.ts";
import { audited, difference } from "./people-parts.ts";

export const appActions = {
  identify: async ({ keyHash }, ctx) => {
    const { db, box, clock } = officeOf(ctx).resources;
    const app = await appByKeyHash(db, box, Buffer.from(keyHash, "hex"), clock.now());
    return app && { appId: app.id, name: app.name, ipAllow: app.ipAllow, ratePerSecond: app.ratePerSecond };
  },

  listApps: async (params, ctx) => {
    const { db, box, clock } = officeOf(ctx).resources;
    const { limit, cursor } = parseWith(pageQuerySchema, params, "invalid_query");
    const page = await listApps(db, box, limit, cursor ?? null);
    return { ...page, items: page.items.map((app) => appView(app, clock.now())) };
  },

  createApp: async (params, ctx) => {
    const { db, box, clock } = officeOf(ctx).resources;
    const { name, ...limits } = parseWith(createAppSchema, params, "invalid_body");
    checkKeyPath(db, limits);
    const signingSecret = box.hasKey ? newSecret() : null;
    const now = clock.now();
    const secrets = signingSecret === null ? [] : [signingSecret];
    const created = await transaction(db, async (within) => {
      const { key, ...app } = await createApp(within, box, name, secrets, now, limits);
      const view = appView(app, now);
      const { signing } = view;
      const after = { name, ...limits, signing };
      await audited(within, clock, ctx, { action: "app.create", target: targetOf(app.id), after });
      return { ...view, key, signingSecret };
    });
    if (limits.businessKeyPath !== null)
      broadcast(ctx.broker, "access.changed", { kind: "app", id: created.id });
    // Before anybody can use the key.
    await egressOf(ctx.broker).look();
    return created;
  },

  changeApp: async ({ id, ...change }, ctx) => {
    const { db, box, clock } = officeOf(ctx).resources;
    const patch = parseWith(changeAppSchema, change, "invalid_body");
    checkKeyPath(db, patch);
    const now = clock.now();
    const view = await transaction(db, async (within) => {
      const before = await lockApp(within, box, id);
      const after = await writeApp(within, box, before, given(patch), now);
      const changed = difference(appView(before, now), appView(after, now));
      await audited(within, clock, ctx, { action: "app.change", target: targetOf(id), ...changed });
      if (after.disabled) await endJobsOf(within, ctx, { kind: "app", id }, now, "Its app was disabled");
      return appView(after, now);
    });
    broadcast(ctx.broker, "access.changed", { kind: "app", id });
    return view;
  },

  deleteApp: async ({ id }, ctx) => {
    const { db, box, clock } = officeOf(ctx).resources;
    await transaction(db, async (within) => {
      const app = await lockApp(within, box, id);
      await deleteApp(within, app, clock.now());
      const before = { name: app.name, ipAllow: app.ipAllow, ratePerSecond: app.ratePerSecond };
      await audited(within, clock, ctx, { action: "app.delete", target: targetOf(id), before });
      await endJobsOf(within, ctx, { kind: "app", id }, clock.now(), "Its app was deleted");
    });
    broadcast(ctx.broker, "access.changed", { kind: "app", id });
    return {};
  },

  rotateKey: async ({ id, ...rest }, ctx) => {
    const { db, box, clock } = officeOf(ctx).resources;
    const { immediately } = parseWith(rotateSchema, rest, "invalid_body");
    const key = newKey();
    const now = clock.now();
    const until = immediately ? null : later(now, ROTATION_OVERLAP);
    const view = await transaction(db, async (within) => {
      const app = await replaceKey(within, await lockApp(within, box, id), key, until, now);
      const after = { previousKeyUntil: until && iso(until) };
      await audited(within, clock, ctx, { action: "app.rotate-key", target: targetOf(id), after });
      return appView(app, now);
    });
    broadcast(ctx.broker, "access.changed", { kind: "app", id });
    return { ...view, key };
  },

  rotateSecret: async ({ id, ...rest }, ctx) => {
    const { db, box, clock } = officeOf(ctx).resources;
    const { immediately } = parseWith(rotateSchema, rest, "invalid_body");
    if (!box.hasKey) throw new BidaError("conflict", "BIDA_SECRET_KEY is not set: no secret can be kept");
    const signingSecret = newSecret();
    const now = clock.now();
    const until = immediately ? null : later(now, ROTATION_OVERLAP);
    const view = await transaction(db, async (within) => {
      const before = await lockApp(within, box, id);
      if (before.secrets === null && !immediately) {
        throw new BidaError(
          "conflict",
          "The present secret does not open with this BIDA_SECRET_KEY; rotate with `immediately` to replace it",
        );
      }
      const former = until === null ? [] : liveSecrets(before.secrets ?? [], now);
      const secrets = [
        { secret: signingSecret, until: null },
        ...former.map((one) => ({ ...one, until: one.until ?? until })),
      ];
      const app = await writeApp(within, box, before, { secrets }, now);
      const after = { previousSecretUntil: appView(app, now).previousSecretUntil };
      await audited(within, clock, ctx, { action: "app.rotate-secret", target: targetOf(id), after });
      return appView(app, now);
    });
    broadcast(ctx.broker, "access.changed", { kind: "app", id });
    return { ...view, signingSecret };
  },
} satisfies Partial<ActionsOf<"admin">>;

/** What is taken out of a payload is stored beside it as it is. @throws BidaError invalid_body */
function checkKeyPath(db: Database, { businessKeyPath = null }: Pick<AppChange, "businessKeyPath">): void {
  if (businessKeyPath === null || db.sealing.currentId === null) return;
  const message = "payloads are encrypted here, and no part of them is stored beside them";
  throw new BidaError("invalid_body", undefined, { errors: [{ field: "businessKeyPath", message }] });
}

const targetOf = (id: number) => ({ type: "app", id: String(id) });

/** Without the fields that were not sent. */
const given = <T extends object>(patch: T) =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

function appView(app: App, now: EpochMs): AppView {
  const { id, name, disabled, ipAllow, ratePerSecond, signResends, businessKeyPath } = app;
  const { previousKeyUntil, secrets } = app;
  const ends = liveSecrets(secrets ?? [], now).flatMap(({ until }) => (until === null ? [] : [until]));
  return {
    id,
    name,
    disabled,
    ipAllow,
    ratePerSecond,
    signResends,
    businessKeyPath,
    previousKeyUntil: previousKeyUntil !== null && previousKeyUntil > now ? iso(previousKeyUntil) : null,
    signing: secrets === null || secrets.length > 0,
    previousSecretUntil: ends.length > 0 ? iso(Math.max(...ends)) : null,
    createdAt: iso(app.createdAt),
    updatedAt: iso(app.updatedAt),
  };
}

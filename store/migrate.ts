/**
 * Brings the schema up to date. Nodes that start together take turns by a lock of the server's own, which a crash
 * releases; Knex's lock table, which a crash leaves locked, is only used inside it.
 */
import type { Knex } from "knex";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import * as tasks from "./migrations/001_tasks.ts";
import * as destinations from "./migrations/002_destinations.ts";
import * as order from "./migrations/003_order.ts";
import * as retention from "./migrations/004_retention.ts";
import * as stats from "./migrations/005_stats.ts";
import * as people from "./migrations/006_people.ts";
import * as alarms from "./migrations/007_alarms.ts";
import * as bulk from "./migrations/008_bulk.ts";
import * as kkbidaImports from "./migrations/009_kkbida_imports.ts";
import * as forConsole from "./migrations/010_console.ts";
import * as summary from "./migrations/011_summary.ts";
import * as answers from "./migrations/012_answers.ts";
import * as payloads from "./migrations/013_payloads.ts";
import * as handover from "./migrations/014_handover.ts";
import * as probe from "./migrations/015_probe.ts";
import * as installation from "./migrations/016_installation.ts";
import * as access from "./migrations/018_access.ts";
import * as wire from "./migrations/019_wire.ts";
import * as incidents from "./migrations/020_incidents.ts";
import * as profiles from "./migrations/021_profiles.ts";
import * as search from "./migrations/023_search.ts";
import * as jobs from "./migrations/024_jobs.ts";
import * as phases from "./migrations/025_phases.ts";
import * as inbox from "./migrations/026_inbox.ts";

interface Migration {
  name: string;
  up(knex: Knex): Promise<void>;
}

/** Where Knex keeps what it ran. */
const TABLE = "bida_migrations";

/** In order. A migration that has shipped is never changed. */
const MIGRATIONS: Migration[] = [
  tasks,
  destinations,
  order,
  retention,
  stats,
  people,
  alarms,
  bulk,
  kkbidaImports,
  forConsole,
  summary,
  answers,
  payloads,
  handover,
  probe,
  installation,
  access,
  wire,
  incidents,
  profiles,
  search,
  jobs,
  phases,
  inbox,
];

/** In order, for tests. */
export const MIGRATION_NAMES = MIGRATIONS.map(({ name }) => name);

/**
 * @param before is called before each migration; an error of it ends the run there
 * @returns the names of the migrations that this call ran
 */
export const migrate = (db: Database, before: () => void = () => undefined): Promise<string[]> =>
  db.driver.whileMigrating(() => runMigrations(db.knex, before));

/** What {@link migrate} would run, and what is there that this version does not know: a newer one was here. */
export async function migrationState(db: Database): Promise<{ pending: string[]; unknown: string[] }> {
  const known = new Set(MIGRATION_NAMES);
  const ran = (await reading(db.knex.schema.hasTable(TABLE)))
    ? ((await reading(db.knex(TABLE).orderBy("id").pluck("name"))) as string[])
    : [];
  return {
    pending: MIGRATION_NAMES.filter((name) => !ran.includes(name)),
    unknown: ran.filter((name) => !known.has(name)),
  };
}

/** Whether every migration has run, and none that is not known here. */
export async function isMigrated(db: Database): Promise<boolean> {
  const { pending, unknown } = await migrationState(db);
  return pending.length + unknown.length === 0;
}

async function runMigrations(knex: Knex, before: () => void): Promise<string[]> {
  const config: Knex.MigratorConfig = {
    tableName: TABLE,
    disableTransactions: true,
    migrationSource: {
      getMigrations: async () => MIGRATIONS,
      getMigrationName: (migration: Migration) => migration.name,
      getMigration: async ({ up }: Migration) => ({
        up: async (one: Knex) => {
          before();
          await up(one);
        },
        down: async () => undefined,
      }),
    },
  };
  // A node killed while it migrated leaves Knex's own lock set. Ours proves that nobody is at work.
  await knex.migrate.forceFreeMigrationsLock(config).catch(() => undefined);
  const [, names] = (await knex.migrate.latest(config)) as [number, string[]];
  return names;
}

/** What `sqlite-search.ts` uses of Knex's client for better-sqlite3; its types do not have it. */
declare module "knex/lib/dialects/better-sqlite3/index.js" {
  export default class Client_BetterSQLite3 {
    acquireConnection(): Promise<unknown>;
    acquireRawConnection(): Promise<unknown>;
    destroyRawConnection(connection: unknown): Promise<void>;
    validateConnection(connection: unknown): boolean;
    _query(connection: unknown, query: { sql: string }): Promise<unknown>;
    _formatBindings(bindings: readonly unknown[] | undefined): unknown[];
  }
}

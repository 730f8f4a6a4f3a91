/**
 * Searches of SQLite. Its driver runs a statement to its end in the thread that asks, and a search through many tasks takes
 * seconds: in the main thread nothing would be accepted meanwhile. So searches have threads of their own, each with a
 * connection that only reads; SQLite's log (WAL) lets them read beside the one that writes. A thread comes with the first
 * search and goes when there was none for a while. What is committed before a search is asked for is seen by it.
 */
import { Worker } from "node:worker_threads";
import knexModule, { type Knex } from "knex";
import Client_BetterSQLite3 from "knex/lib/dialects/better-sqlite3/index.js";
import { threadFile } from "../../core/thread-file.ts";
import type { Row } from "../columns.ts";
import type { SearchReply, SearchRequest } from "./sqlite-search-thread.ts";

/** Searches at once; one that takes long holds up no more than the rest of them. */
const THREADS = 2;
/** A thread that is not used for so long ends, in ms. */
const IDLE = 30_000;
/** How long a search waits for a thread, in ms. */
const ACQUIRE_TIMEOUT = 30_000;

/** Knex on such threads: for SELECTs only, and without transactions. */
export interface Searches {
  knex: Knex;
  /** Searches that are under way fail: one may take minutes, and nobody waits for its answer any more. */
  close(): Promise<void>;
}

/** @param check throws where the file is not the one that is open */
export function searchesOf(filename: string, log: Knex.Logger, check: () => void): Searches {
  const threads = new Set<SearchThread>();
  class SearchClient extends Client_BetterSQLite3 {
    override async acquireConnection(): Promise<unknown> {
      check();
      return super.acquireConnection();
    }

    override async acquireRawConnection(): Promise<SearchThread> {
      const thread = new SearchThread(filename);
      threads.add(thread);
      return thread;
    }

    override validateConnection(thread: SearchThread): boolean {
      return !thread.ended;
    }

    override destroyRawConnection(thread: SearchThread): Promise<void> {
      threads.delete(thread);
      return thread.end();
    }

    override async _query(thread: SearchThread, query: Query): Promise<unknown> {
      const bindings = this._formatBindings(query.bindings);
      query.response = await thread.run({ sql: query.sql, bindings });
      return query;
    }
  }
  const knex = knexModule({
    client: SearchClient as unknown as typeof Knex.Client,
    log,
    connection: { filename },
    useNullAsDefault: true,
    acquireConnectionTimeout: ACQUIRE_TIMEOUT,
    pool: { min: 0, max: THREADS, idleTimeoutMillis: IDLE },
  });
  return {
    knex,
    async close() {
      const closed = knex.destroy();
      await Promise.all(Array.from(threads, (thread) => thread.end()));
      await closed;
    },
  };
}

interface Query extends SearchRequest {
  response?: unknown;
}

/** Bytes come out of a message as plain arrays of them. */
function withBuffers(rows: Row[]): Row[] {
  for (const row of rows)
    for (const [column, value] of Object.entries(row))
      if (value instanceof Uint8Array)
        row[column] = Buffer.from(value.buffer, value.byteOffset, value.length);
  return rows;
}

/** One thread, one statement at a time. */
class SearchThread {
  ended = false;
  readonly #worker: Worker;
  #running: PromiseWithResolvers<Row[]> | null = null;

  constructor(filename: string) {
    this.#worker = new Worker(threadFile(import.meta, "sqlite-search-thread"), {
      workerData: filename,
      name: "bida-search",
    });
    this.#worker.on("message", (reply: SearchReply) => {
      const running = this.#running;
      this.#running = null;
      this.#worker.unref();
      if ("rows" in reply) running?.resolve(withBuffers(reply.rows));
      else running?.reject(Object.assign(new Error(reply.error.message), { code: reply.error.code }));
    });
    this.#worker.on("error", (error) => this.#drop(error));
    this.#worker.on("exit", () => this.#drop(new Error("the search's thread has ended")));
    // Only now: a listener for messages takes it back.
    this.#worker.unref();
  }

  run(request: SearchRequest): Promise<Row[]> {
    if (this.ended) return Promise.reject(new Error("the search's thread has ended"));
    this.#running = Promise.withResolvers();
    // A process waits for what it has asked for, and for nothing else.
    this.#worker.ref();
    this.#worker.postMessage(request);
    return this.#running.promise;
  }

  async end(): Promise<void> {
    this.ended = true;
    await this.#worker.terminate();
  }

  #drop(error: Error): void {
    this.ended = true;
    this.#running?.reject(error);
    this.#running = null;
  }
}

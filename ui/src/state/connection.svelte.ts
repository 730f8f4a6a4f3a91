/**
 * Whether the server answers. While it does not, it is asked again until it does; then every page loads anew. A request
 * that fails is no proof: one part of the server may be away, or one answer late. So `/readyz` decides.
 */

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 5_000;

let lostAt = $state<number | null>(null);
let parts = $state.raw<string[]>([]);
let nextTryAt = $state(0);
let recoveries = $state(0);
let recoveredAt = $state<number | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;
/** It is being asked whether the server is away. */
let isInDoubt = false;

export const connection = {
  /** When it was lost (epoch ms), null while all is well. */
  get lostAt() {
    return lostAt;
  },
  /** What the server itself says is missing, e.g. "database"; empty where it does not answer at all. */
  get parts() {
    return parts;
  },
  get nextTryAt() {
    return nextTryAt;
  },
  /** Rises at every recovery: what depends on it loads again. */
  get recoveries() {
    return recoveries;
  },
  get recoveredAt() {
    return recoveredAt;
  },
  /** A request failed as where the server is away: asks whether it is. */
  doubt(): void {
    if (lostAt !== null || isInDoubt) return;
    const since = Date.now();
    isInDoubt = true;
    void isReady().then((ready) => {
      isInDoubt = false;
      if (ready) return;
      lostAt = since;
      recoveredAt = null;
      schedule(FIRST_PAUSE);
    });
  },
  tryNow(): void {
    if (lostAt === null) return;
    clearTimeout(timer);
    void probe(FIRST_PAUSE);
  },
};

function schedule(pause: number): void {
  nextTryAt = Date.now() + pause;
  timer = setTimeout(() => void probe(pause), pause);
}

async function probe(pause: number): Promise<void> {
  if (!(await isReady())) return schedule(Math.min(pause * 1.6, LONGEST_PAUSE));
  lostAt = null;
  recoveredAt = Date.now();
  recoveries++;
}

/** Asks once, and notes the parts that are missing. */
async function isReady(): Promise<boolean> {
  try {
    const answer = await fetch("/readyz", { cache: "no-store", signal: AbortSignal.timeout(6_000) });
    parts = [];
    if (answer.ok) return true;
    const health = (await answer.json()) as { parts?: Record<string, string | null> };
    parts = Object.entries(health.parts ?? {}).flatMap(([name, problem]) => (problem === null ? [] : [name]));
  } catch {
    parts = [];
  }
  return false;
}

addEventListener("online", () => connection.tryNow());

/** The nearest rank: a value that was measured, not one between two. */
export function quantile(sorted: number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] as number;
}

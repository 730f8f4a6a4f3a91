/** CPU time of another process, all its threads together. Linux. */
import { readFileSync } from "node:fs";

/** Of the kernel's clock in `/proc`, per second: `getconf CLK_TCK` everywhere. */
const TICKS = 100;

/** In s; proc(5): fields 14 and 15 of `stat`, counted behind the name, which may hold blanks. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** `npm run bench:plot`: draws bench/results/growth.json as SVG files in docs/images, one per series. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Growth, Point } from "./growth.ts";

const ROOT = resolve(import.meta.dirname, "..");
const [WIDTH, HEIGHT] = [640, 300];
const BOX = { left: 70, right: 70, top: 40, bottom: 50 };
const [BLUE, ORANGE] = ["#1f6feb", "#bc4c00"];
const TITLES: Record<string, string> = {
  backlog: "waiting tasks",
  stored: "finished tasks stored",
  destinations: "destinations",
  nodes: "nodes that schedule and dispatch",
};

interface Curve {
  label: string;
  colour: string;
  values: number[];
  side: "left" | "right";
}

const growth = JSON.parse(readFileSync(resolve(ROOT, "bench/results/growth.json"), "utf8")) as Growth;
const folder = resolve(ROOT, "docs/images");
mkdirSync(folder, { recursive: true });
for (const [name, points] of Object.entries(growth.series)) {
  if (points.length === 0) continue;
  const file = resolve(folder, `growth-${name}.svg`);
  writeFileSync(file, draw(TITLES[name] ?? name, points, name !== "nodes"));
  console.log(file);
}

function draw(title: string, points: Point[], logarithmic: boolean): string {
  const curves: Curve[] = [
    {
      label: "delivered and recorded per second",
      colour: BLUE,
      values: points.map(({ perSecond }) => perSecond),
      side: "left",
    },
    {
      label: "Redis scripts, µs per callback",
      colour: ORANGE,
      values: points.map(({ redisUs }) => redisUs),
      side: "right",
    },
  ];
  const place = logarithmic ? Math.log10 : (x: number) => x;
  const [low, high] = [place(points[0]?.x ?? 0), place(points.at(-1)?.x ?? 1)];
  const across = WIDTH - BOX.left - BOX.right;
  const down = HEIGHT - BOX.top - BOX.bottom;
  const xAt = (x: number) => BOX.left + (high === low ? 0.5 : (place(x) - low) / (high - low)) * across;
  const parts: string[] = [];
  for (const { x } of points)
    parts.push(text(xAt(x), HEIGHT - BOX.bottom + 18, x.toLocaleString("en"), "middle", "#57606a"));
  parts.push(text(WIDTH / 2, HEIGHT - 10, title, "middle", "#24292f"));
  curves.forEach(({ label, colour, values, side }, i) => {
    const top = niceTop(Math.max(...values));
    const yAt = (y: number) => BOX.top + (1 - y / top) * down;
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const y = yAt(share * top);
      if (i === 0)
        parts.push(`<line x1="${BOX.left}" x2="${WIDTH - BOX.right}" y1="${y}" y2="${y}" stroke="#d0d7de"/>`);
      const [x, anchor] =
        side === "left" ? ([BOX.left - 8, "end"] as const) : ([WIDTH - BOX.right + 8, "start"] as const);
      parts.push(text(x, y + 4, (share * top).toLocaleString("en"), anchor, colour));
    }
    const line = values.map((y, k) => `${xAt(points[k]?.x ?? 0).toFixed(1)},${yAt(y).toFixed(1)}`);
    parts.push(`<polyline points="${line.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const at of line) {
      const [x, y] = at.split(",");
      parts.push(`<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>`);
    }
    parts.push(text(BOX.left + i * 280, 20, label, "start", colour));
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<title>Throughput against ${title}</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`;
}

/** 1, 2, 4 or 8 times a power of ten, at or above a value. */
function niceTop(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value || 1));
  return ([1, 2, 4, 8].find((step) => step * unit >= value) ?? 10) * unit;
}

function text(x: number, y: number, words: string, anchor: string, colour: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${colour}">${words}</text>`;
}

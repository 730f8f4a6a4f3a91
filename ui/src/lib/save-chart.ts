/** A chart as an image: its canvas on the page's colour, with the keys of its lines above it. */

import { offerFile } from "./offer-file.ts";

interface Key {
  label: string;
  /** As the canvas understands it. */
  color: string;
}

/** In CSS pixels. */
const MARGIN = 12;
const LINE = 18;

/** Hands a PNG to the browser to save. @param name without its ending */
export async function saveChart(
  chart: HTMLCanvasElement,
  keys: Key[],
  page: { background: string; text: string; font: string },
  name: string,
): Promise<void> {
  const scale = chart.width / (chart.clientWidth || chart.width);
  const image = document.createElement("canvas");
  const above = (MARGIN + LINE) * scale;
  image.width = chart.width + 2 * MARGIN * scale;
  image.height = chart.height + above + MARGIN * scale;
  const pen = image.getContext("2d");
  if (!pen) return;
  pen.fillStyle = page.background;
  pen.fillRect(0, 0, image.width, image.height);
  pen.font = `${12 * scale}px ${page.font}`;
  pen.textBaseline = "middle";
  let x = MARGIN * scale;
  for (const { label, color } of keys) {
    pen.fillStyle = color;
    pen.fillRect(x, MARGIN * scale, 9 * scale, 9 * scale);
    pen.fillStyle = page.text;
    pen.fillText(label, x + 14 * scale, (MARGIN + 5) * scale);
    x += pen.measureText(label).width + 32 * scale;
  }
  pen.drawImage(chart, MARGIN * scale, above);
  const blob = await new Promise<Blob | null>((done) => image.toBlob(done, "image/png"));
  if (!blob) return;
  offerFile(blob, `${name}.png`);
}

/** One answer of `/metrics`, read. */

interface Sample {
  labels: Record<string, string>;
  value: number;
}

export class Scrape {
  readonly #samples = new Map<string, Sample[]>();
  readonly #types = new Map<string, string>();

  /** @throws Error for a line that is not Prometheus's text form */
  constructor(text: string) {
    for (const line of text.split("\n")) {
      const type = /^# TYPE (\S+) (\S+)$/.exec(line);
      if (type) this.#types.set(type[1] as string, type[2] as string);
      if (line === "" || line.startsWith("#")) continue;
      const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (!sample) throw new Error(`not a sample: ${line}`);
      const [, name = "", labels = "", value] = sample;
      const parsed = Object.fromEntries(
        Array.from(labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g), ([, key, text]) => [key, text]),
      );
      const known = this.#samples.get(name) ?? [];
      known.push({ labels: parsed, value: Number(value) });
      this.#samples.set(name, known);
    }
  }

  /** Of the samples with these labels. */
  values(name: string, labels: Record<string, string> = {}): number[] {
    const fits = (sample: Sample) =>
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value);
    return (this.#samples.get(name) ?? []).filter(fits).map(({ value }) => value);
  }

  sum(name: string, labels: Record<string, string> = {}): number {
    return this.values(name, labels).reduce((sum, value) => sum + value, 0);
  }

  max(name: string, labels: Record<string, string> = {}): number {
    return Math.max(0, ...this.values(name, labels));
  }

  /** Metric → its type, and the labels its samples have beside `node` and a histogram's own, sorted. */
  metrics(prefix: string): Map<string, { type: string; labels: string[] }> {
    const all = Array.from(this.#types).filter(([name]) => name.startsWith(prefix));
    return new Map(
      all.map(([name, type]) => {
        const [sample] = this.#samples.get(type === "histogram" ? `${name}_count` : name) ?? [];
        const own = name.endsWith("_node_up") ? [] : ["node"];
        const labels = Object.keys(sample?.labels ?? {}).filter((label) => !own.includes(label));
        return [name, { type, labels: labels.sort() }];
      }),
    );
  }
}

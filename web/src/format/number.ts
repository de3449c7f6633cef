/** Counts, percentages, sizes and scores as text. */

const grouped = new Intl.NumberFormat("en-US");
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

export function count(number: number): string {
  return grouped.format(number);
}

/** `8.4K`, `1.2M`; exact below ten thousand. */
export function compactCount(number: number): string {
  return number < 10_000 ? grouped.format(number) : compact.format(number);
}

/** A ratio as a percentage: `83.3 %`; `100 %` and `0 %` only if exact. */
export function percent(ratio: number): string {
  if (ratio === 0 || ratio === 1) return `${ratio * 100} %`;
  return `${Math.min(99.9, Math.max(0.1, ratio * 100)).toFixed(1)} %`;
}

/** A score from 0 to 1 with three decimal places. */
export function formatScore(value: number | null): string {
  return value === null ? "–" : value.toFixed(3);
}

/** A metric: up to five significant digits. */
export function formatMetric(value: number): string {
  return Number.isSafeInteger(value) ? count(value) : String(Number(value.toPrecision(5)));
}

export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  if (size < 1_000_000) return `${(size / 1000).toFixed(1)} kB`;
  return `${(size / 1_000_000).toFixed(1)} MB`;
}

/** `1 run`, `2 runs`. */
export function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

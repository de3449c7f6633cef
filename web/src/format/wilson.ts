/** Confidence interval of a pass rate. */

export interface Interval {
  low: number;
  high: number;
}

const Z = 1.959964;

/** Wilson's 95 % interval of `passed` out of `n`; 0 to 1 without attempts. */
export function wilsonInterval(passed: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const rate = passed / n;
  const denominator = 1 + (Z * Z) / n;
  const centre = rate + (Z * Z) / (2 * n);
  const spread = Z * Math.sqrt((rate * (1 - rate)) / n + (Z * Z) / (4 * n * n));
  return {
    low: Math.max(0, (centre - spread) / denominator),
    high: Math.min(1, (centre + spread) / denominator),
  };
}

/** Money as text: dollars come as exact decimal strings and stay exact; no amount ever becomes a float. */

import type { Usd } from "../contracts.ts";

const NANO = 1_000_000_000n;

/** `"1.5"` is `1500000000n`; what is no amount is 0n. */
export function nano(amount: Usd): bigint {
  const match = /^(\d+)(?:\.(\d{1,9}))?$/.exec(amount);
  if (!match) return 0n;
  return BigInt(match[1] ?? "0") * NANO + BigInt((match[2] ?? "").padEnd(9, "0"));
}

/** `1500000000` is `"1.5"`: exact, no exponent, no trailing zeros. */
export function exact(amount: bigint): Usd {
  const rest = (amount % NANO).toString().padStart(9, "0").replace(/0+$/, "");
  return rest ? `${amount / NANO}.${rest}` : `${amount / NANO}`;
}

/** An amount to read at a glance: cents above a dollar, two significant places below. */
export function dollars(amount: Usd): string {
  const value = nano(amount);
  if (value === 0n) return "$0";
  const places = value >= NANO ? 2 : Math.min(9, leadingZeros(value) + 2);
  const step = 10n ** BigInt(9 - places);
  const rounded = ((value + step / 2n) / step) * step;
  const [whole, rest = ""] = exact(rounded).split(".");
  const shown = rest.padEnd(value >= NANO ? 2 : Math.min(places, 2), "0");
  return `$${Number(whole).toLocaleString("en-US")}.${shown}`;
}

function leadingZeros(value: bigint): number {
  return 9 - value.toString().length;
}

/** For axes and sorting alone, where an exact amount means nothing. */
export function approximate(amount: Usd): number {
  return Number(nano(amount)) / 1e9;
}

export function sum(...amounts: Usd[]): Usd {
  return exact(amounts.reduce((total, amount) => total + nano(amount), 0n));
}

/** What is left of `limit` after `used`; never below nothing. */
export function less(limit: Usd, used: Usd): Usd {
  const left = nano(limit) - nano(used);
  return exact(left > 0n ? left : 0n);
}

/** `part` of `whole` as a share of one; of nothing, everything is all. */
export function share(part: Usd, whole: Usd): number {
  if (nano(whole) === 0n) return nano(part) > 0n ? 1 : 0;
  return Number((nano(part) * 1_000_000n) / nano(whole)) / 1_000_000;
}

/** What somebody typed as an amount, exactly; null when it is none. `$1,000.50` is `1000.5`. */
export function typedAmount(text: string): Usd | null {
  const plain = text.trim().replace(/^\$/, "").replaceAll(",", "");
  return /^\d{1,9}(\.\d{1,9})?$/.test(plain) ? exact(nano(plain)) : null;
}

/** A place on an axis: `$0.0005`, never `$5e-7`. */
export function axisDollars(value: number): string {
  if (value >= 1) return `$${Number(value.toPrecision(4)).toLocaleString("en-US")}`;
  return `$${exact(BigInt(Math.round(value * 1e9)))}`;
}

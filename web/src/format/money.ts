/** Money as text. Amounts are exact decimal strings of US dollars and are computed in nano-USD, never in floats. */

import type { Usd } from "../contracts.ts";

const NANO = 1_000_000_000n;
const grouped = new Intl.NumberFormat("en-US");

/** `"1.5"` is `1500000000n`; text that is not an amount is 0n. */
export function parseNano(amount: Usd): bigint {
  const match = /^(\d+)(?:\.(\d{1,9}))?$/.exec(amount);
  if (!match) return 0n;
  return BigInt(match[1] ?? "0") * NANO + BigInt((match[2] ?? "").padEnd(9, "0"));
}

/** `1500000000n` is `"1.5"`: exact, without exponent or trailing zeros. */
export function formatNano(amount: bigint): Usd {
  const rest = (amount % NANO).toString().padStart(9, "0").replace(/0+$/, "");
  return rest ? `${amount / NANO}.${rest}` : `${amount / NANO}`;
}

/** Rounded for display: cents from $1 on, two significant digits below. */
export function dollars(amount: Usd): string {
  const value = parseNano(amount);
  if (value === 0n) return "$0";
  const places = value >= NANO ? 2 : Math.min(9, leadingZeros(value) + 2);
  const step = 10n ** BigInt(9 - places);
  const rounded = ((value + step / 2n) / step) * step;
  const [whole, rest = ""] = formatNano(rounded).split(".");
  const shown = rest.padEnd(value >= NANO ? 2 : Math.min(places, 2), "0");
  return `$${grouped.format(Number(whole))}.${shown}`;
}

/** An amount in nano-USD, rounded for display. */
export function nanoDollars(amount: number): string {
  return dollars(formatNano(BigInt(amount)));
}

function leadingZeros(value: bigint): number {
  return 9 - value.toString().length;
}

/** For axes and sorting, where rounding does not matter. */
export function toNumber(amount: Usd): number {
  return Number(parseNano(amount)) / 1e9;
}

export function sum(...amounts: Usd[]): Usd {
  return formatNano(amounts.reduce((total, amount) => total + parseNano(amount), 0n));
}

/** `limit` minus `used`, at least 0. */
export function remainder(limit: Usd, used: Usd): Usd {
  const left = parseNano(limit) - parseNano(used);
  return formatNano(left > 0n ? left : 0n);
}

/** `part` / `whole`; 1 if only `whole` is 0, 0 if both are. */
export function ratio(part: Usd, whole: Usd): number {
  if (parseNano(whole) === 0n) return parseNano(part) > 0n ? 1 : 0;
  return Number((parseNano(part) * 1_000_000n) / parseNano(whole)) / 1_000_000;
}

/** A typed amount as an exact one; null if it is not valid. `$1,000.50` is `1000.5`. */
export function parseAmount(text: string): Usd | null {
  const plain = text.trim().replace(/^\$/, "").replaceAll(",", "");
  return /^\d{1,9}(\.\d{1,9})?$/.test(plain) ? formatNano(parseNano(plain)) : null;
}

/** An axis label without exponent: `$0.0000005`, not `$5e-7`. */
export function axisDollars(value: number): string {
  if (value >= 1) return `$${grouped.format(Number(value.toPrecision(4)))}`;
  return `$${formatNano(BigInt(Math.round(value * 1e9)))}`;
}

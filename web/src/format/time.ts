/** Durations and timestamps as text. */

import type { Instant } from "../contracts.ts";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });
const absolute = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** `4.2 s`, `3 min 05 s`, `2 h 07 min`. */
export function duration(seconds: number): string {
  if (seconds < 0.0005) return "0 s";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** `3 min. ago`; a time in the future, due to clock skew, is `now`. */
export function relativeTime(moment: Instant, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(moment)) / 1000);
  if (seconds < 2) return "now";
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ["second", 1];
  return relative.format(-Math.floor(seconds / size), unit);
}

/** Date and time to the second in the browser's time zone, with the zone. */
export function absoluteTime(moment: Instant): string {
  return absolute.format(new Date(moment));
}

/** `14:03:22.127` in the browser's time zone. */
export function clockTime(moment: Instant): string {
  const date = new Date(moment);
  const milliseconds = String(date.getMilliseconds()).padStart(3, "0");
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${milliseconds}`;
}

/** Seconds from `start` to `end`, or to now. */
export function secondsBetween(start: Instant, end: Instant | null, now = Date.now()): number {
  return Math.max(0, ((end ? Date.parse(end) : now) - Date.parse(start)) / 1000);
}

/** Seconds until `moment`; 0 if it has passed. */
export function secondsUntil(moment: Instant, now = Date.now()): number {
  return Math.max(0, (Date.parse(moment) - now) / 1000);
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}

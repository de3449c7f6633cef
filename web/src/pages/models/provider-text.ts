/** A provider's address and limits in a few words. */

import type { ProviderView } from "../../contracts.ts";
import { count, plural } from "../../format/number.ts";
import { KINDS } from "./provider-form/kinds.ts";

export function addressText({ provider }: Pick<ProviderView, "provider">): string {
  const { kind, base_url, base_url_env: variable, options } = provider;
  if (kind === "embedded") return "this machine";
  if (base_url) return base_url;
  if (options.cloud) return `cloud: ${options.cloud}`;
  const uses = KINDS[kind];
  return uses?.ownAddress ? uses.address : `in ${variable}`;
}

/** `8 at once, 60 requests/min` */
export function limitsText({ provider }: Pick<ProviderView, "provider">): string {
  const { concurrency, requests_per_minute: requests, tokens_per_minute: tokens } = provider;
  return [
    `${count(concurrency)} at once`,
    ...(requests === null ? [] : [`${plural(requests, "request")}/min`]),
    ...(tokens === null ? [] : [`${plural(tokens, "token")}/min`]),
  ].join(", ");
}

/** The dashboard's icons, inlined so that nothing is loaded. They also replace those of Web Awesome's components. */

import { registerIconLibrary } from "@awesome.me/webawesome/dist/components/icon/library.js";

/** SVG paths in a view box of 24 units. */
const ICONS: Record<string, string> = {
  check: '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
  minus: '<path d="M5 12h14"/>',
  indeterminate: '<path d="M5 12h14"/>',
  plus: '<path d="M12 5v14M5 12h14"/>',
  xmark: '<path d="m6 6 12 12M18 6 6 18"/>',
  "chevron-down": '<path d="m6 9 6 6 6-6"/>',
  "chevron-right": '<path d="m9 6 6 6-6 6"/>',
  "chevron-left": '<path d="m15 6-6 6 6 6"/>',
  "arrow-up": '<path d="M12 19V5M6 11l6-6 6 6"/>',
  "arrow-down": '<path d="M12 5v14M6 13l6 6 6-6"/>',
  circle: '<circle cx="12" cy="12" r="4.5" fill="currentColor"/>',
  copy:
    '<rect x="9" y="9" width="11" height="11" rx="2"/>' +
    '<path d="M15 9V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h3"/>',
  play: '<path d="M8 5.5v13l10.5-6.5z"/>',
  pause: '<path d="M9 6v12M15 6v12"/>',
  sun:
    '<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4' +
    'M18.4 5.6 17 7M7 17l-1.4 1.4"/>',
  moon: '<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"/>',
  screen: '<rect x="3" y="5" width="18" height="12" rx="2"/><path d="M9 21h6M12 17v4"/>',
  download: '<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>',
  stop: '<rect x="6" y="6" width="12" height="12" rx="1.5"/>',
  rotate: '<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.3M20 4.5v4.8h-4.8"/>',
  gauge: '<path d="M4.5 18.5a9 9 0 1 1 15 0M12 14l4-4.5"/><circle cx="12" cy="14" r="1.2"/>',
  link:
    '<path d="M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.6-5.6L12 7.3' +
    'M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.6 5.6l1.4-1.4"/>',
  warning: '<path d="M12 4 2.5 20h19zM12 10v4.5M12 17.3v.1"/>',
  info: '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.6v.1"/>',
  search: '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
};

export function registerIcons(): void {
  registerIconLibrary("default", { resolver: dataUrl });
  registerIconLibrary("system", { resolver: dataUrl });
}

function dataUrl(name: string): string {
  const stroke = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
  const paths = `<g ${stroke}>${ICONS[name] ?? ""}</g>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${paths}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** Icons are drawn by us and served by us: one sprite for our own and for those inside Web Awesome's components. */

import { registerIconLibrary } from "@awesome.me/webawesome/dist/components/icon/library.js";
import sprite from "./icons.svg?url&no-inline";

export function registerIcons(): void {
  const library = { resolver: (name: string) => `${sprite}#${name}`, spriteSheet: true };
  registerIconLibrary("default", library);
  registerIconLibrary("system", library);
}

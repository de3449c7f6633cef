/** Light or dark theme: the system's, unless another one is chosen, which is kept in the browser. */

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "assay-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function chosenTheme(): Theme {
  const stored = storedTheme();
  return THEMES.find((theme) => theme === stored) ?? "system";
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
  applyTheme(theme);
}

export function isDark(): boolean {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : system.matches;
}

/** Applies the stored theme and follows the system's. Every change fires `assay-theme` on the window. */
export function startTheme(): void {
  applyTheme(chosenTheme());
  system.addEventListener("change", () => applyTheme(chosenTheme()));
}

function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  root.classList.toggle("wa-dark", isDark());
  root.classList.toggle("wa-light", !isDark());
  window.dispatchEvent(new Event(KEY));
}

function storedTheme(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

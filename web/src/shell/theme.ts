/** Light or dark: the system's choice unless the reader made one, which this browser remembers. */

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "assay-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function chosenTheme(): Theme {
  const stored = read();
  return THEMES.find((theme) => theme === stored) ?? "system";
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that forbids storage still shows the theme for as long as the page is open.
  }
  applyTheme(theme);
}

export function isDark(): boolean {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : system.matches;
}

/** Applies the stored choice and follows the system from now on. `assay-theme` is fired on the window when it changes. */
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

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

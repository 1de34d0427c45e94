// Dark or light: as the system says, until the user says otherwise.
import { signal } from "@preact/signals";

export type Theme = "dark" | "light";

const KEY = "framelens.theme";
export const theme = signal<Theme>("dark");
/** Grows when colours change: what is drawn on a canvas is drawn again. */
export const paint = signal(0);

export function startTheme(): void {
  const light = matchMedia("(prefers-color-scheme: light)");
  apply(stored() ?? (light.matches ? "light" : "dark"));
  light.addEventListener("change", () => {
    if (stored() === undefined) apply(light.matches ? "light" : "dark");
  });
}

export function switchTheme(): void {
  const next = theme.value === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Then it lasts as long as the page.
  }
  apply(next);
}

function apply(next: Theme): void {
  theme.value = next;
  document.documentElement.dataset.theme = next;
  colours.clear();
  paint.value++;
}

const colours = new Map<string, string>();

/** A colour of the theme, for a canvas. @param name as in "accent" */
export function colour(name: string): string {
  let known = colours.get(name);
  if (known === undefined) {
    known = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    colours.set(name, known);
  }
  return known;
}

function stored(): Theme | undefined {
  try {
    const text = localStorage.getItem(KEY);
    return text === "dark" || text === "light" ? text : undefined;
  } catch {
    return undefined;
  }
}

import { noteThemeChange, systemTheme } from '../settings-store.ts';
import type { ThemeName } from '../theme.ts';

/**
 * Sets an element's theme to that of the page around it, and keeps it there. Manuals switch theirs by a class or an attribute of
 * `html` or `body`, each in its own way; what counts is what one sees, the colour behind the element.
 * @param host whose surroundings are looked at
 * @param target whose `data-theme` is set
 * @param wished 'page', or one theme for ever
 * @returns ends it
 */
export function followPageTheme(
  host: Element,
  target: HTMLElement,
  wished: 'page' | ThemeName,
): () => void {
  const look = (): void => {
    const theme = wished === 'page' ? themeBehind(host) : wished;
    if (target.dataset['theme'] === theme) return;
    target.dataset['theme'] = theme;
    noteThemeChange();
  };
  look();
  if (wished !== 'page') return () => {};
  const system = matchMedia('(prefers-color-scheme: dark)');
  const observer = new MutationObserver(look);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true });
  }
  system.addEventListener('change', look);
  // The page's colours may fade over.
  document.addEventListener('transitionend', look);
  return () => {
    observer.disconnect();
    system.removeEventListener('change', look);
    document.removeEventListener('transitionend', look);
  };
}

/** The theme that fits the colour behind an element; where nothing has a colour, that of the browser's canvas. */
function themeBehind(element: Element): ThemeName {
  for (let at: Element | null = element; at !== null; at = parentOf(at)) {
    const lightness = lightnessOf(getComputedStyle(at).backgroundColor);
    if (lightness !== undefined) return lightness < 0.5 ? 'dark' : 'light';
  }
  const { colorScheme } = getComputedStyle(document.documentElement);
  if (colorScheme === 'dark') return 'dark';
  return colorScheme.includes('dark') ? systemTheme() : 'light';
}

/** The element above, out of shadow trees too. */
function parentOf(element: Element): Element | null {
  if (element.parentElement !== null) return element.parentElement;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

/** From 0, black, to 1; undefined when one sees through. Computed colours are `rgb()`, or `color()` for wider ranges. */
function lightnessOf(color: string): number | undefined {
  const numbers = (color.match(/-?\d*\.?\d+/g) ?? []).map(Number);
  const [red = 0, green = 0, blue = 0, alpha = 1] = numbers;
  if (numbers.length < 3 || alpha < 0.5) return undefined;
  const scale = color.startsWith('rgb') ? 255 : 1;
  // Weights of sRGB's luma: coarse, and enough to tell day from night.
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / scale;
}

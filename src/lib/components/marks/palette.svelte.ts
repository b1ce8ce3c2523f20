import { createSubscriber } from 'svelte/reactivity';
import { parseColour } from '#lib/layout/colours';
import { paletteFrom } from '#lib/layout/palette';
import type { MapPalette } from '#lib/sim/protocol';

/** Grey, where a style sheet names no colour. */
const MISSING = 0xff80_8080;

/** The map's colours are the page's own custom properties; read again when the theme changes. */
const subscribe = createSubscriber((update) => {
  const observer = new MutationObserver(update);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class'] });
  const media = matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', update);
  return () => {
    observer.disconnect();
    media.removeEventListener('change', update);
  };
});

/** @param element where the custom properties are read: a part of the page may have a theme of its own. */
export function readPalette(element: Element): MapPalette {
  subscribe();
  const style = getComputedStyle(element);
  return paletteFrom((token) => parseColour(style.getPropertyValue(`--${token}`)) ?? MISSING);
}

/** Grounds of the map's own marks outside the map: a token of app.css, or a mix of two where the painter mixes them. */
const MIXED: Record<string, string> = {
  vmkernel: 'color-mix(in srgb, var(--ink-1) 28%, var(--built))',
  commons: 'color-mix(in srgb, var(--ink-1) 7%, var(--sheet))',
};

/** The CSS colour of a ground: `land-1`, `built`, `sheet`, `vmkernel` … */
export const groundColour = (ground: string): string => MIXED[ground] ?? `var(--${ground})`;

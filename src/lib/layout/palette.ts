import type { MapPalette } from '#lib/sim/protocol';
import { mix } from './colours';
import { LAND_TINTS } from './patterns';

/** The map's colours from the site's tokens. `colour('land-1')` gives 0xAABBGGRR. */
export function paletteFrom(colour: (token: string) => number): MapPalette {
  const paper = colour('sheet');
  const ink = colour('ink-1');
  return {
    paper,
    lands: Array.from({ length: LAND_TINTS }, (_, i) => colour(`land-${i + 1}`)),
    built: colour('built'),
    overhead: colour('overhead'),
    // Common land has no owner's tint: barely darker than the sheet, told by its hatch.
    commons: mix(paper, ink, 0.07),
    ink,
    water: colour('water'),
  };
}

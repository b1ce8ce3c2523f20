/**
 * The height of a figure. Its picture takes whatever the frame leaves it, so that a plain iframe of any height holds the
 * whole figure and scrolls nothing; the height that would suit it depends on the width alone, and is told to the page
 * around, which may follow it.
 */
import type { SceneId } from './options';

/** Less than this is no picture any more: a frame so low scrolls. */
const PICTURE_MIN_PX = 112;
const PICTURE_MAX_PX = 760;
/** A sheet of a host is about two squares wide for one high; on a phone it is square. */
const WIDE_PX = 560;

/** Best height of the picture of a scene in a figure so wide; null: the scene has a height of its own. */
export function naturalPicturePx(scene: SceneId, widthPx: number): number | null {
  const within = (px: number) => Math.round(Math.min(PICTURE_MAX_PX, Math.max(PICTURE_MIN_PX, px)));
  if (scene === 'ledger') return null;
  if (scene === 'sharing') return within(Math.min(360, widthPx * 0.4));
  return within(widthPx < WIDE_PX ? widthPx * 0.92 : widthPx * 0.47);
}

/**
 * Keeps a figure's picture as high as the frame allows.
 * @param figure the whole figure; gets the custom property --map-height
 * @param told called with the figure's best height and the picture's height now, when either changes
 */
export function keepFitted(
  figure: HTMLElement,
  scene: SceneId,
  told: (naturalPx: number, picturePx: number) => void,
): () => void {
  let picturePx = 0;
  let naturalPx = 0;
  const fit = () => {
    const heightPx = figure.offsetHeight;
    if (heightPx === 0) return;
    const best = naturalPicturePx(scene, figure.clientWidth);
    const before = { picturePx, naturalPx };
    if (best === null) naturalPx = heightPx;
    else {
      const restPx = heightPx - (picturePx || pictureOf(figure));
      picturePx = Math.max(PICTURE_MIN_PX, window.innerHeight - restPx);
      naturalPx = restPx + best;
      if (picturePx !== before.picturePx) figure.style.setProperty('--map-height', `${picturePx}px`);
    }
    if (picturePx !== before.picturePx || naturalPx !== before.naturalPx) told(naturalPx, picturePx);
  };
  const observer = new ResizeObserver(fit);
  observer.observe(figure);
  window.addEventListener('resize', fit);
  fit();
  return () => {
    observer.disconnect();
    window.removeEventListener('resize', fit);
  };
}

/** What the style sheet gave the picture before anything was measured. */
function pictureOf(figure: HTMLElement): number {
  const shown = [...figure.querySelectorAll<HTMLElement>('[data-picture]')].find(
    (part) => part.offsetHeight > 0,
  );
  return shown?.offsetHeight ?? PICTURE_MIN_PX;
}

/** Everything that a figure fetches when it is started: the words, the views, the engine's bridge. */
import { mount } from 'svelte';
import { I18n, loadCatalogue, type Language } from '#lib/i18n/i18n';
import { readState } from '#lib/world/state-string';
import type { Outgoing } from './conversation';
import { Figure, figureAreas } from './figure.svelte';
import LiveFigure from './LiveFigure.svelte';
import type { EmbedOptions } from './options';

export interface Opening {
  target: HTMLElement;
  options: EmbedOptions;
  lang: Language;
  state: string;
  picturePx: number;
  send: (message: Outgoing) => void;
  /** The live figure covers the still: called once, at its first picture or its first words of trouble. */
  onshown: () => void;
}

/** Mounts the live figure and opens its world. */
export async function openFigure({
  target,
  options,
  lang,
  state,
  picturePx,
  send,
  onshown,
}: Opening): Promise<Figure> {
  const [catalogue, read] = await Promise.all([
    loadCatalogue(lang, figureAreas(options.scene)),
    readState(state),
  ]);
  const figure = new Figure(options, new I18n(lang, catalogue));
  figure.resize(picturePx);
  if (read.kind === 'refused') figure.problem = read;
  mount(LiveFigure, { target, props: { figure, send, onshown } });
  if (read.kind === 'read') await figure.open(read.run);
  return figure;
}

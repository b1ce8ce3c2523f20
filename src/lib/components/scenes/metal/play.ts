import type { MetalPlay } from '#lib/content/models/metal';
import type { ModelWorld } from '#lib/state/lesson-world.svelte';

/** The state of a world of the model `metal`, which its views are shown with. */
export const playOf = (world: ModelWorld): MetalPlay => world.state as MetalPlay;

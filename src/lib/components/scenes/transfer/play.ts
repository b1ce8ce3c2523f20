import type { TransferPlay } from '#lib/content/models/transfer';
import type { ModelWorld } from '#lib/state/lesson-world.svelte';

/** The state of a world of the model `transfer`, which its views are shown with. */
export const playOf = (world: ModelWorld): TransferPlay => world.state as TransferPlay;

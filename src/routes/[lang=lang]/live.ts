/** What the home page fetches once it can be read. */
export { default as MemoryMap } from '#lib/components/scenes/MemoryMap.svelte';
export { default as MemoryLines } from './MemoryLines.svelte';

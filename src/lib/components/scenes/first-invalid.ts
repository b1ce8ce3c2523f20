import { tick } from 'svelte';

/** The first control of a form that is said to be wrong, once what was typed last has been judged; null when none is. */
export async function firstInvalid(form: HTMLFormElement): Promise<HTMLElement | null> {
  await tick();
  return form.querySelector<HTMLElement>('[aria-invalid="true"]');
}

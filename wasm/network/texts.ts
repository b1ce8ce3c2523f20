/** Texts of the table: names and paths, each once. */
import { net, Net, setNet, textAt } from './tables';
import { equalsStored } from './text';
import { TEXT_BYTES } from '../shared/network';

/** A command was refused: texts that came with it are as if they had never been named. `kept`: how many there were. */
export function forgetTexts(kept: u32): void {
  const used = <u32>net(Net.texts);
  if (kept >= used) return;
  memory.fill(textAt(kept + 1), 0, <usize>(used - kept) * TEXT_BYTES);
  setNet(Net.texts, kept);
}

/** Number of a text of up to 127 bytes, kept for good. @returns 0 when it is empty, too long, or the table is full. */
export function textNumber(at: usize, length: u32): u32 {
  if (length == 0 || length >= <u32>TEXT_BYTES) return 0;
  const used = <u32>net(Net.texts);
  for (let text: u32 = 1; text <= used; text++) if (equalsStored(at, at + length, text)) return text;
  if (used + 1 >= <u32>net(Net.maxTexts)) return 0;
  const to = textAt(used + 1);
  store<u8>(to, <u8>length);
  memory.copy(to + 1, at, length);
  setNet(Net.texts, used + 1);
  return used + 1;
}

/**
 * The `flags` column: words joined by `+`, in the order of their bits.
 */
import { suggestion } from '../../trace/errors.js';
import { EventFlag } from '../../trace/events.js';
import type { ReaderStatistics } from '../reader.js';
import { RowError } from './row-error.js';

/** Spelling of every flag. */
const WORDS: Readonly<Record<EventFlag, string>> = {
  [EventFlag.Msi]: 'msi',
  [EventFlag.Reconstructed]: 'reconstructed',
  [EventFlag.OpcodeOnly]: 'opcode-only',
  [EventFlag.Stage2]: 'stage2',
  [EventFlag.ConfigHit]: 'config-hit',
  [EventFlag.ConfigMiss]: 'config-miss',
  [EventFlag.NoVdevice]: 'no-vdevice',
  [EventFlag.Deferred]: 'deferred',
};
const FLAGS = Object.entries(WORDS).map(([bit, word]) => ({ bit: Number(bit), word }));

/** All bits that have a word. */
export const ALL_FLAGS: number = FLAGS.reduce((set, { bit }) => set | bit, 0);

/** The words of `bits`; empty for none. */
export function flagsText(bits: number): string {
  if (bits === 0) return '';
  return FLAGS.filter(({ bit }) => (bits & bit) !== 0)
    .map(({ word }) => word)
    .join('+');
}

/** The bits of `text`. @throws RowError for an unknown word */
export function flagsOf(text: string): number {
  let bits = 0;
  for (const word of text.split('+')) {
    const found = FLAGS.find((flag) => flag.word === word.trim());
    if (found === undefined) {
      const known = FLAGS.map((flag) => flag.word);
      throw new RowError('flags joined by +', `"${word.slice(0, 80)}"${suggestion(word, known)}`);
    }
    bits |= found.bit;
  }
  return bits;
}

/** Keep the statistics of commands that an event's `flags` tell of. */
export function countFlags(flags: number, statistics: ReaderStatistics): void {
  if ((flags & EventFlag.Reconstructed) !== 0) statistics.reconstructedCommands++;
  if ((flags & EventFlag.OpcodeOnly) !== 0) statistics.opcodeOnlyCommands++;
}

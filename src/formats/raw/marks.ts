/**
 * Marks of a raw queue dump: 16-byte entries beside the commands that say what the guest did to its registers.
 *
 * A mark's first word is eight ASCII letters. Its lowest byte would be opcode 0x50 or 0x53, which the architecture does
 * not define, and the rest a fixed 56-bit pattern, so that no command of a guest is taken for one by accident.
 */
import type { CommandWords } from '../../trace/command.js';

/** Bytes of one entry, a command or a mark. */
export const ENTRY_BYTES = 16;

const low = (text: string): number => Buffer.from(text, 'latin1').readUInt32LE(0);
const high = (text: string): number => Buffer.from(text, 'latin1').readUInt32LE(4);

/** First word of a mark, in two halves. */
export interface Mark {
  readonly low: number;
  readonly high: number;
}

const mark = (letters: string): Mark => ({ low: low(letters), high: high(letters) });

/** Optional first entry: every PROD write of the recording has its mark, even if there is none. Second word zero. */
export const START_MARK = mark('SMMURAW1');
/**
 * A PROD write: everything before it is published. Second word, bits 31:0: the commands before the mark since the start
 * of the dump, modulo 2^32, or PROD as the guest wrote it, wrap bit included; bits 63:32 are not looked at.
 */
export const PROD_MARK = mark('PRODMARK');
/** The guest saw its CMD_SYNC complete. The second word is not looked at. */
export const SYNC_DONE_MARK = mark('SYNCDONE');

/** True if the first word `high:low` of an entry is `mark`. */
export const isMark = (mark: Mark, low: number, high: number): boolean => low === mark.low && high === mark.high;

/** True if the command `words` would be read back as a mark. */
export const collides = (words: CommandWords): boolean =>
  [START_MARK, PROD_MARK, SYNC_DONE_MARK].some((mark) => isMark(mark, words[0], words[1]));

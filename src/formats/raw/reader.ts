/**
 * Reader of a raw queue dump: 16-byte little-endian entries, as a guest's command queue holds them in memory, with or
 * without PROD marks (marks.ts). There is no clock, no vCPU and no queue number: an order of events on the main queue.
 */
import { reservedCombinations } from '../../trace/command.js';
import { TraceFormatError } from '../../trace/errors.js';
import { BATCH_ROWS, EventBatch, EventKind } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import { addNote } from '../notes.js';
import { peek } from '../peek.js';
import { type ReaderContext, type ReaderStatistics, SNIFF_BYTES, type TraceReader } from '../reader.js';
import { ENTRY_BYTES, isMark, PROD_MARK, START_MARK, SYNC_DONE_MARK } from './marks.js';

const TWO_32 = 2 ** 32;
/** PROD with its wrap bit wraps after 2^(LOG2SIZE + 1) commands, and LOG2SIZE is at most 19. */
const MAX_RING_LOG2 = 20;

/** Claims only what has marks, and clean commands between them: sixteen arbitrary bytes are a possible command. */
function sniff(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (startsWithMark(view)) return true;
  let marks = 0;
  for (let at = 0; at + ENTRY_BYTES <= head.length; at += ENTRY_BYTES) {
    const words = wordsAt(view, at);
    if (isMark(PROD_MARK, words[0], words[1])) marks++;
    else if (!isMark(SYNC_DONE_MARK, words[0], words[1]) && !isPlausible(words)) return false;
  }
  return marks > 0;
}

const startsWithMark = (view: DataView): boolean =>
  view.byteLength >= 8 && isMark(START_MARK, view.getUint32(0, true), view.getUint32(4, true));

/** True if a PROD mark stands in the first bytes, whatever is around it. */
function hasProdMark(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (startsWithMark(view)) return true;
  for (let at = 0; at + ENTRY_BYTES <= head.length; at += ENTRY_BYTES) {
    if (isMark(PROD_MARK, view.getUint32(at, true), view.getUint32(at + 4, true))) return true;
  }
  return false;
}

/** An undefined opcode may be a guest's mistake, but then nothing else is set: ASCII text never looks like that. */
function isPlausible(words: readonly [number, number, number, number]): boolean {
  const isBareOpcode = words[0] < 256 && words[1] === 0 && words[2] === 0 && words[3] === 0;
  return isBareOpcode || !reservedCombinations(words).some((what) => /not defined|reserved bits/.test(what));
}

function wordsAt(view: DataView, at: number): [number, number, number, number] {
  return [
    view.getUint32(at, true),
    view.getUint32(at + 4, true),
    view.getUint32(at + 8, true),
    view.getUint32(at + 12, true),
  ];
}

async function* read(chunks: AsyncIterable<Uint8Array>, context: ReaderContext): AsyncGenerator<EventBatch> {
  const { statistics } = context;
  statistics.timeBase = 'order-only';
  const { head, all } = await peek(chunks, SNIFF_BYTES);
  const decoder = new EntryDecoder(statistics, hasProdMark(head));
  let rest = new Uint8Array(0);
  for await (const chunk of all) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % ENTRY_BYTES);
    decoder.decode(new DataView(bytes.buffer, bytes.byteOffset, whole));
    rest = bytes.slice(whole);
    yield* decoder.takeFull();
  }
  if (rest.length > 0) {
    const found = `${rest.length} bytes after the last whole one`;
    if (!context.lenient) throw new TraceFormatError(context.file, statistics.lines + 1, '16-byte entries', found);
    statistics.skippedRows++;
    addNote(statistics, statistics.lines + 1, 'last entry is cut off: not read');
  }
  decoder.finish();
  yield* decoder.takeFull();
}

/** Entries → events, one record number each; time is the ordinal of the event. */
class EntryDecoder {
  private batch = new EventBatch(BATCH_ROWS);
  private full: EventBatch[] = [];
  private ordinal = 0;
  /** Commands since the start of the dump and at the last mark. */
  private commands = 0;
  private commandsAtMark = 0;
  private lastMark = -1;
  private unpublished = 0;

  /** @param isMarked false to assume a doorbell after every CMD_SYNC until a mark comes */
  constructor(
    private readonly statistics: ReaderStatistics,
    private isMarked: boolean,
  ) {
    if (!isMarked) addNote(statistics, 1, 'no PROD marks: a doorbell is assumed after every CMD_SYNC and at the end');
  }

  decode(view: DataView): void {
    for (let at = 0; at < view.byteLength; at += ENTRY_BYTES) {
      const record = ++this.statistics.lines;
      const word0Low = view.getUint32(at, true);
      const word0High = view.getUint32(at + 4, true);
      const word1Low = view.getUint32(at + 8, true);
      if (isMark(PROD_MARK, word0Low, word0High)) this.published(word1Low, record);
      else if (isMark(SYNC_DONE_MARK, word0Low, word0High)) this.append(EventKind.SyncDone, record);
      else if (record > 1 || !isMark(START_MARK, word0Low, word0High))
        this.command(word0Low, word0High, word1Low, view.getUint32(at + 12, true), record);
    }
  }

  finish(): void {
    if (this.unpublished > 0) {
      if (this.isMarked) addNote(this.statistics, this.statistics.lines, 'commands that no PROD mark publishes');
      else this.doorbell(this.statistics.lines);
    }
    if (this.batch.count > 0) this.full.push(this.batch);
    this.batch = new EventBatch(0);
  }

  takeFull(): EventBatch[] {
    const taken = this.full;
    this.full = [];
    return taken;
  }

  private published(prod: number, record: number): void {
    const counted = (this.commands - this.commandsAtMark) % TWO_32;
    if (this.lastMark >= 0 && !agrees(this.lastMark, prod, counted)) {
      addNote(this.statistics, record, 'PROD mark that does not fit the number of commands before it: entries missing');
    }
    this.isMarked = true;
    this.lastMark = prod;
    this.commandsAtMark = this.commands;
    this.doorbell(record);
  }

  private doorbell(record: number): void {
    this.unpublished = 0;
    this.append(EventKind.Doorbell, record);
  }

  private command(low0: number, high0: number, low1: number, high1: number, record: number): void {
    this.append(EventKind.Cmd, record);
    const { batch } = this;
    const row = batch.count - 1;
    batch.cmd0Low[row] = low0;
    batch.cmd0High[row] = high0;
    batch.cmd1Low[row] = low1;
    batch.cmd1High[row] = high1;
    this.commands++;
    this.unpublished++;
    if (!this.isMarked && (low0 & 0xff) === Opcode.SYNC) this.doorbell(record);
  }

  private append(kind: EventKind, record: number): void {
    if (this.batch.isFull) {
      this.full.push(this.batch);
      this.batch = new EventBatch(BATCH_ROWS);
    }
    this.batch.append(kind, this.ordinal++, record);
  }
}

/** True if PROD went from `before` to `after` by `commands`, for a free-running count or for a register that wraps. */
function agrees(before: number, after: number, commands: number): boolean {
  const moved = after - before;
  if (moved === commands || moved + TWO_32 === commands) return true;
  if (moved >= 0) return false;
  const log2 = Math.log2(commands - moved);
  return Number.isInteger(log2) && log2 <= MAX_RING_LOG2;
}

/** Raw queue dump reader. */
export const rawReader: TraceReader = {
  name: 'raw',
  summary: 'a raw command queue dump: 16-byte little-endian entries, recognised only if it has PROD marks',
  sniff,
  read,
};

/**
 * Writer of a raw queue dump: the commands with their PROD writes and completions as marks (formats/raw/marks.ts). All
 * else that a trace may hold is lost and counted.
 */

import { UsageError } from '../../trace/errors.js';
import { EVENT_NAMES, type EventBatch, EventKind } from '../../trace/events.js';
import type { Losses } from '../losses.js';
import { countUnsaidFacts, isPresent, type TraceWriter, type WriterContext } from '../writer.js';
import { collides, ENTRY_BYTES, type Mark, PROD_MARK, START_MARK, SYNC_DONE_MARK } from './marks.js';

async function* write(batches: AsyncIterable<EventBatch>, context: WriterContext): AsyncGenerator<Uint8Array> {
  const start = new Entries(1);
  start.add(START_MARK.low, START_MARK.high, 0, 0);
  yield start.bytes();
  let commands = 0;
  let ordinal = 0;
  for await (const batch of batches) {
    const entries = new Entries(batch.count);
    for (let row = 0; row < batch.count; row++) {
      const kind = batch.kind[row];
      if (kind > EventKind.SyncDone) {
        context.losses.add(`${EVENT_NAMES[kind]} events`);
        continue;
      }
      countLosses(batch, row, ordinal++, context);
      if (kind === EventKind.Cmd) {
        commands++;
        addCommand(entries, batch, row);
      } else {
        addMark(entries, kind === EventKind.Doorbell ? PROD_MARK : SYNC_DONE_MARK, commands);
      }
    }
    yield entries.bytes();
  }
  countUnsaidFacts({ ...context, source: context.source && { ...context.source, timeBase: 'clock' } });
}

/** What reading row `row` back would not give. */
function countLosses(batch: EventBatch, row: number, ordinal: number, { losses }: { losses: Losses }): void {
  // The reader numbers the events; a trace without a clock is numbered the same way.
  if (batch.timeNs[row] !== ordinal) losses.add('times');
  if (isPresent(batch.vcpu[row])) losses.add('vCPU numbers');
  if (batch.queue[row] !== 0) losses.add('queue numbers other than 0');
  if (batch.flags[row] !== 0)
    losses.add('flags (commands rebuilt, known by their opcode alone, or kept from the host)');
}

function addCommand(entries: Entries, batch: EventBatch, row: number): void {
  const words = [batch.cmd0Low[row], batch.cmd0High[row], batch.cmd1Low[row], batch.cmd1High[row]] as const;
  if (collides(words)) {
    throw new UsageError(
      `raw: expected commands that are no marks, found one at line ${batch.line[row]} whose first word spells a mark; convert to another format`,
    );
  }
  entries.add(...words);
}

function addMark(entries: Entries, mark: Mark, commands: number): void {
  entries.add(mark.low, mark.high, mark === PROD_MARK ? commands >>> 0 : 0, 0);
}

/** Room for a number of entries. */
class Entries {
  private readonly view: DataView;
  private length = 0;

  constructor(capacity: number) {
    this.view = new DataView(new ArrayBuffer(capacity * ENTRY_BYTES));
  }

  add(...parts: readonly [number, number, number, number]): void {
    for (let index = 0; index < 4; index++) this.view.setUint32(this.length + 4 * index, parts[index], true);
    this.length += ENTRY_BYTES;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, 0, this.length);
  }
}

/** Raw queue dump writer. */
export const rawWriter: TraceWriter = {
  name: 'raw',
  summary: 'a raw command queue dump with PROD marks: commands, doorbells and completions, no times, no DMA',
  suffixes: ['.raw', '.bin'],
  write,
};

/** One input read to its end: what may come of it, and what must not. */
import { Readable } from 'node:stream';
import type { LintCheck } from '../../src/analysis/lint/rule.js';
import { completionWithoutSync } from '../../src/analysis/lint/rules/completions.js';
import { hitAfterInvalidation } from '../../src/analysis/lint/rules/hit-after-invalidation.js';
import { timeOrder } from '../../src/analysis/lint/rules/time-order.js';
import { openTrace } from '../../src/formats/open-trace.js';
import type { OpenTrace } from '../../src/formats/reader.js';
import { reservedCombinations } from '../../src/trace/command.js';
import { TraceFormatError } from '../../src/trace/errors.js';
import { ABSENT, EVENT_NAMES, type EventBatch, EventFlag, EventKind, OUTCOME_NAMES } from '../../src/trace/events.js';

/** How an input is given to the tool. */
export interface Giving {
  /** `--format`; undefined: recognised by content. */
  readonly format: string | undefined;
  readonly lenient: boolean;
  readonly chunkBytes: number;
}

/** How it ended: read, or refused in a sentence. */
export type Verdict = 'read' | 'refused';

const LONGEST_MESSAGE = 2000;
/** No damage makes many events of few bytes, packed ones aside. */
const EVENTS_PER_BYTE = 50;

/** Read `bytes` to the end. @throws Error if it does not end as it may, or if what was read is not sound */
export async function readInput(bytes: Uint8Array, giving: Giving): Promise<Verdict> {
  let events = 0;
  try {
    const trace = await openTrace('-', { ...giving, stdin: Readable.from([bytes]) });
    const soundness = new Soundness(trace.statistics.format);
    for await (const batch of trace.batches) {
      soundness.check(batch);
      events += batch.count;
    }
    soundness.end(trace, giving.lenient);
    if (trace.compression === 'none' && events > EVENTS_PER_BYTE * (bytes.length + 1)) {
      throw new Error(`${events} events of ${bytes.length} bytes`);
    }
    return 'read';
  } catch (error) {
    if (!(error instanceof TraceFormatError)) throw error;
    if (/\n/.test(error.message) || error.message.length > LONGEST_MESSAGE)
      throw new Error(`message: ${error.message}`);
    return 'refused';
  }
}

/** Rules that a reader answers for, whatever it is given: all others speak of what a guest may really have done. */
const ALWAYS = [timeOrder];
/** Those that one answers for that puts events together from lines, unless it notes that lines are missing. */
const WITHOUT_NOTE = [completionWithoutSync, hitAfterInvalidation];
const READ_AS_WRITTEN: readonly string[] = ['csv', 'jsonl', 'arrow', 'raw'];

/** Checks that events are such as the rest of the tool takes for granted. */
export class Soundness {
  private readonly breaches: string[] = [];
  private readonly unnoted: string[] = [];
  private readonly always = ALWAYS.map((rule): LintCheck => rule.create());
  private readonly withoutNote = WITHOUT_NOTE.map((rule): LintCheck => rule.create());

  /** @param format that of the reader */
  constructor(private readonly format: string) {}

  /** @throws Error for an event that cannot be */
  check(batch: EventBatch): void {
    for (let row = 0; row < batch.count; row++) checkEvent(batch, row);
    // Elsewhere the words, and the flag that says they are rebuilt, are the user's.
    if (!READ_AS_WRITTEN.includes(this.format)) {
      for (let row = 0; row < batch.count; row++) checkCommand(batch, row);
    }
    for (const rule of this.always) rule.check(batch, (line, what) => this.breaches.push(`${line}: ${what}`));
    for (const rule of this.withoutNote) rule.check(batch, (line, what) => this.unnoted.push(`${line}: ${what}`));
  }

  /** @throws Error for a breach of a rule that nothing accounts for */
  end({ statistics }: OpenTrace, isLenient: boolean): void {
    const isNoted = isLenient || statistics.lossy.length > 0 || READ_AS_WRITTEN.includes(this.format);
    const breaches = isNoted ? this.breaches : [...this.breaches, ...this.unnoted];
    if (breaches.length > 0) throw new Error(`unsound: ${breaches[0]} (and ${breaches.length - 1} more)`);
    for (const [name, count] of Object.entries(statistics)) {
      if (typeof count === 'number' && !(Number.isSafeInteger(count) && count >= 0)) {
        throw new Error(`unsound: ${name} is ${count}`);
      }
    }
    const { lines, foreignLines, contextLines, skippedRows } = statistics;
    if (foreignLines + contextLines + skippedRows > lines)
      throw new Error('unsound: more lines left out than there are');
  }
}

function checkEvent(batch: EventBatch, row: number): void {
  const kind = batch.kind[row];
  const wrong = (what: string): never => {
    throw new Error(`unsound: ${EVENT_NAMES[kind] ?? kind} with ${what}`);
  };
  if (kind >= EVENT_NAMES.length) wrong('a kind that there is not');
  if (!Number.isSafeInteger(batch.timeNs[row])) wrong(`time ${batch.timeNs[row]}`);
  if (!(batch.line[row] >= 1)) wrong(`line ${batch.line[row]}`);
  if (batch.vcpu[row] < ABSENT || batch.queue[row] < 0) wrong(`vCPU ${batch.vcpu[row]}, queue ${batch.queue[row]}`);
  if (kind < EventKind.Dma) return;
  if (!(batch.iovaPage[row] >= 0 && batch.iovaPage[row] < 2 ** 52)) wrong(`page ${batch.iovaPage[row]}`);
  if (!(batch.sid[row] >= ABSENT && batch.sid[row] < 2 ** 32)) wrong(`SID ${batch.sid[row]}`);
  if (batch.iovaOffset[row] >= 4096 || batch.pageSizeLog2[row] > 63 || batch.granuleLog2[row] > 16) wrong('a size');
  if (batch.outcome[row] >= OUTCOME_NAMES.length) wrong(`outcome ${batch.outcome[row]}`);
  if (kind !== EventKind.Dma && !(batch.pages[row] >= 0 && Number.isSafeInteger(batch.pages[row]))) {
    wrong(`${batch.pages[row]} pages`);
  }
}

/** Words that a reader has rebuilt have bits in fields of their opcode only; what is in the fields is the guest's. */
function checkCommand(batch: EventBatch, row: number): void {
  if (batch.kind[row] !== EventKind.Cmd || (batch.flags[row] & EventFlag.Reconstructed) === 0) return;
  const words = [batch.cmd0Low[row], batch.cmd0High[row], batch.cmd1Low[row], batch.cmd1High[row]] as const;
  if (reservedCombinations(words).includes('reserved bits set')) {
    throw new Error(`unsound: rebuilt words that have reserved bits, line ${batch.line[row]}`);
  }
}

/**
 * A process that reads inputs, one after another, and is watched from outside: it writes the number of each into a file
 * before it begins, so that whoever has to end it knows at which one.
 */
import { openSync, writeSync } from 'node:fs';
import { collectCorpus } from './corpus.js';
import { inputOf } from './inputs.js';
import { readInput } from './round.js';
import { addFailure, countsOf, emptyTally, type Tally } from './tally.js';

/** What the parent asks: inputs `from … to-1`. */
export interface FuzzBlock {
  readonly from: number;
  readonly to: number;
}

const [, , traces, base, numberFile] = process.argv;
const corpus = await collectCorpus(traces);
const descriptor = openSync(numberFile, 'w');
const note = Buffer.alloc(8);

async function read(number: number, tally: Tally): Promise<void> {
  note.writeDoubleLE(number);
  writeSync(descriptor, note, 0, 8, 0);
  const { seed, bytes, giving } = inputOf(corpus, Number(base), number);
  const started = process.cpuUsage();
  try {
    const verdict = await readInput(bytes, giving);
    const counts = countsOf(tally, seed.kind);
    counts.inputs++;
    counts[verdict]++;
  } catch (error) {
    const { message, stack } = error as Error;
    const failure = message.startsWith('unsound') ? 'unsound' : 'crash';
    addFailure(tally, { number, seed: seed.name, kind: seed.kind, failure, what: `${stack}` });
  }
  const counts = countsOf(tally, seed.kind);
  const { user, system } = process.cpuUsage(started);
  counts.slowestMs = Math.max(counts.slowestMs, (user + system) / 1000);
}

process.on('message', async ({ from, to }: FuzzBlock) => {
  const tally = emptyTally();
  for (let number = from; number < to; number++) await read(number, tally);
  tally.peakMib = process.resourceUsage().maxRSS / 1024;
  process.send?.(tally);
});
process.send?.({ digest: corpus.digest, seeds: corpus.seeds.map(({ name, kind }) => ({ name, kind })) });

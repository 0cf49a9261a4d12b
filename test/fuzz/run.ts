/**
 * `npm run fuzz`: changed recordings through every reader, each input watched from outside for time and memory.
 *
 *   --inputs 1e6    how many (default 30,000)
 *   --seconds 90    end after that time, with what there is
 *   --jobs 2        processes (default: one per CPU)
 *   --seed 7        other inputs (default 1)
 *   --input N       input N alone, in this process; its bytes are left in .fuzz/
 *   --fresh         do not go on where an earlier run with the same inputs stopped
 *
 * Exit code 0: every input was read or refused in a sentence, in time, in memory, and what was read is sound.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { FuzzBlock } from './child.js';
import { collectCorpus } from './corpus.js';
import { inputOf } from './inputs.js';
import { Progress } from './progress.js';
import { readInput } from './round.js';
import { addFailure, addTally, emptyTally, inputsOf, type Tally, tableOf } from './tally.js';
import { childScript, type Hello, WatchedReader } from './watched.js';

const ROOT = process.cwd();
const TRACES = join(ROOT, 'traces');
const FOLDER = join(ROOT, '.fuzz');
const PROGRESS = join(FOLDER, 'progress.json');
/** Design §11 allows 300 MB for a trace of any length; this is of a process that has read thousands. */
const LIMITS = { ms: 10_000, mib: 512 };
const TOLD_FAILURES = 20;

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '30000' },
    seconds: { type: 'string', default: 'Infinity' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string', default: '1' },
    input: { type: 'string' },
    fresh: { type: 'boolean', default: false },
  },
});
const seed = number('seed');
mkdirSync(FOLDER, { recursive: true });
if (values.input !== undefined) await one(number('input'));
else await all(number('inputs'));

function number(name: 'inputs' | 'seconds' | 'jobs' | 'seed' | 'input'): number {
  const value = Number(values[name]);
  if (!(value >= 0)) throw new Error(`--${name}: expected a number, found ${values[name]}`);
  return value;
}

async function one(input: number): Promise<void> {
  const { bytes, giving, seed: from } = inputOf(await collectCorpus(TRACES), seed, input);
  const path = join(FOLDER, `input-${input}`);
  writeFileSync(path, bytes);
  print(`input ${input} from ${from.name}, ${bytes.length} bytes, in ${path}, given as ${JSON.stringify(giving)}`);
  print(await readInput(bytes, giving));
}

async function all(inputs: number): Promise<void> {
  const deadline = performance.now() + number('seconds') * 1000;
  const readers = Array.from({ length: Math.max(1, number('jobs')) }, (_, index) => {
    const numberFile = join(FOLDER, `input-of-${process.pid}-${index}`);
    return new WatchedReader({ script: childScript(), traces: TRACES, base: seed, numberFile, limits: LIMITS });
  });
  const hello = await readers[0].start();
  const progress = new Progress(seed, hello.digest);
  if (!values.fresh && existsSync(PROGRESS)) progress.resume(readFileSync(PROGRESS, 'utf8'));
  const counted = inputsOf(progress.tally);
  if (counted > 0) print(`${counted} inputs of an earlier run are counted in`);
  const take = () => (performance.now() > deadline ? undefined : progress.take(inputs));
  await Promise.all(readers.map((reader) => work(reader, hello, progress, take)));
  for (const reader of readers) reader.close();
  report(progress.tally);
}

/** Read one block after another, and keep after each where the run stands. */
async function work(
  reader: WatchedReader,
  hello: Hello,
  progress: Progress,
  take: () => FuzzBlock | undefined,
): Promise<void> {
  for (let block = take(); block !== undefined; block = take()) {
    progress.end(block, await readBlock(reader, hello, block));
    writeFileSync(`${PROGRESS}.new`, progress.kept());
    renameSync(`${PROGRESS}.new`, PROGRESS);
  }
}

/** Read a block. An input that is not survived is counted, and the reading goes on before it and behind it. */
async function readBlock(reader: WatchedReader, { seeds }: Hello, block: FuzzBlock): Promise<Tally> {
  const tally = emptyTally();
  const parts = [block];
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    if (part.from >= part.to) continue;
    const end = await reader.read(part);
    if ('tally' in end) {
      addTally(tally, end.tally);
      continue;
    }
    const { failure, what } = end;
    const at = Number.isNaN(end.number) ? part.from : end.number;
    const { name, kind } = seeds[at % seeds.length];
    addFailure(tally, { number: at, seed: name, kind, failure, what });
    // What the ended process had read before is read again to be counted.
    parts.push({ from: part.from, to: at }, { from: at + 1, to: part.to });
  }
  return tally;
}

function report(tally: Tally): void {
  for (const { number: at, seed: name, failure, what } of tally.failures.slice(0, TOLD_FAILURES)) {
    print(`${failure} at input ${at} (${name}): ${what.split('\n').slice(0, 4).join(' | ')}`);
  }
  print(tableOf(tally));
  print(`most memory of a process: ${Math.round(tally.peakMib)} MiB; ${tally.failures.length} failures`);
  if (tally.failures.length > 0) process.exitCode = 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

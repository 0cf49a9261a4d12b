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
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { collectCorpus } from './corpus.js';
import { inputOf } from './inputs.js';
import { readInput } from './round.js';
import { addFailure, addTally, emptyTally, inputsOf, type Tally, tableOf } from './tally.js';
import { childScript, type Hello, WatchedReader } from './watched.js';

const ROOT = process.cwd();
const TRACES = join(ROOT, 'traces');
const FOLDER = join(ROOT, '.fuzz');
const PROGRESS = join(FOLDER, 'progress.json');
/** Design §11 allows 300 MB for a trace of any length; this is of a process that has read thousands. */
const LIMITS = { ms: 10_000, mib: 512 };
/** Inputs between two notes of progress. */
const BLOCK = 500;
const TOLD_FAILURES = 20;

/** Where a run stands: inputs up to `next` have been handed out, `open` among them not ended. */
interface Progress {
  readonly digest: string;
  readonly seed: number;
  next: number;
  open: { from: number; to: number }[];
  readonly tally: Tally;
}

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
  const progress = earlier(hello) ?? { digest: hello.digest, seed, next: 0, open: [], tally: emptyTally() };
  if (progress.next > 0) print(`${inputsOf(progress.tally)} inputs of an earlier run are counted in`);
  const waiting = [...progress.open];
  const take = () => {
    const block = waiting.shift() ?? { from: progress.next, to: Math.min(progress.next + BLOCK, inputs) };
    if (block.from >= block.to || performance.now() > deadline) return undefined;
    if (block.from === progress.next) {
      progress.next = block.to;
      progress.open.push(block);
    }
    return block;
  };
  await Promise.all(readers.map((reader) => work(reader, hello, progress, take)));
  for (const reader of readers) reader.close();
  report(progress.tally);
}

/** Read one block after another. A block in which an input is not survived is counted up to it and goes on behind it. */
async function work(
  reader: WatchedReader,
  { seeds }: Hello,
  progress: Progress,
  take: () => { from: number; to: number } | undefined,
): Promise<void> {
  for (let block = take(); block !== undefined; block = take()) {
    const rest = [{ ...block }];
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      if (part.from >= part.to) continue;
      const end = await reader.read(part);
      if ('tally' in end) addTally(progress.tally, end.tally);
      else {
        // The inputs before it are read again, by a new process, to be counted.
        const { failure, what } = end;
        const at = Number.isNaN(end.number) ? part.from : end.number;
        const { name, kind } = seeds[at % seeds.length];
        addFailure(progress.tally, { number: at, seed: name, kind, failure, what });
        rest.push({ from: part.from, to: at }, { from: at + 1, to: part.to });
      }
    }
    progress.open = progress.open.filter(({ from }) => from !== block.from);
    keep(progress);
  }
}

function earlier({ digest }: Hello): Progress | undefined {
  if (values.fresh) return undefined;
  try {
    const progress = JSON.parse(readFileSync(PROGRESS, 'utf8')) as Progress;
    return progress.digest === digest && progress.seed === seed ? progress : undefined;
  } catch {
    return undefined;
  }
}

function keep(progress: Progress): void {
  writeFileSync(`${PROGRESS}.new`, JSON.stringify(progress));
  renameSync(`${PROGRESS}.new`, PROGRESS);
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

/** Fuzzing, the eye on readers: is an input told that hangs, takes memory or ends the process, and which one it was? */
import { afterAll, afterEach, expect, it } from 'vitest';
import { Sandbox } from '../support/cli.js';
import type { FuzzBlock } from './child.js';
import { Progress } from './progress.js';
import { addFailure, addTally, countsOf, emptyTally, inputsOf, tableOf } from './tally.js';
import { WatchedReader } from './watched.js';

const sandbox = new Sandbox();
let reader: WatchedReader | undefined;
afterEach(() => reader?.close());
afterAll(() => sandbox.remove());

/** A reader that does `deed` at input 7. */
function readerThat(deed: string, ms: number): WatchedReader {
  const script = sandbox.write(
    `${reader === undefined ? 'first' : 'next'}.mjs`,
    `import { openSync, writeSync } from 'node:fs';
     const note = Buffer.alloc(8), file = openSync(process.argv[4], 'w');
     process.on('message', ({ from, to }) => {
       for (let number = from; number < to; number++) {
         note.writeDoubleLE(number);
         writeSync(file, note, 0, 8, 0);
         if (number === 7) { ${deed} }
       }
       process.send({ kinds: {}, failures: [], peakMib: 1 });
     });
     process.send({ digest: 'd', seeds: [] });`,
  );
  const limits = { ms, mib: 300 };
  reader = new WatchedReader({ script, traces: '', base: 1, numberFile: sandbox.path('number'), limits });
  return reader;
}

it.each([
  ['hang', 'for (;;);', /more than 300 ms of computing/],
  ['hang', 'setInterval(() => {}, 1000); return;', /more than 1800 ms on the clock/],
  ['memory', 'globalThis.kept = []; for (;;) kept.push(Buffer.alloc(2 ** 24, 1));', /\d+ MiB/],
  ['crash', 'process.abort();', /ended with SIGABRT/],
  ['crash', 'process.nextTick(() => { throw new Error("why"); }); return;', /ended with 1: .*why/s],
])('a %s is told with its input: %s', async (failure, deed, what) => {
  const watched = readerThat(deed, failure === 'hang' ? 300 : 30_000);
  expect(await watched.read({ from: 0, to: 100 })).toEqual({ number: 7, failure, what: expect.stringMatching(what) });
  // A new process takes over.
  expect(await watched.read({ from: 8, to: 100 })).toEqual({ tally: { kinds: {}, failures: [], peakMib: 1 } });
});

it('counts by kind, failures included', () => {
  const tally = emptyTally();
  for (const slowestMs of [3.5, 2]) {
    const more = emptyTally();
    Object.assign(countsOf(more, 'csv'), { inputs: 600, read: 200, refused: 400, slowestMs });
    addTally(tally, more);
  }
  addFailure(tally, { number: 7, seed: 'a.log', kind: 'qemu-log', failure: 'hang', what: '' });
  expect(inputsOf(tally)).toBe(1201);
  expect(tableOf(tally).split('\n').slice(2)).toEqual([
    '| csv | 1,200 | 400 | 800 | 0 | 0 | 0 | 0 | 4 |',
    '| qemu-log | 1 | 0 | 0 | 0 | 1 | 0 | 0 | 0 |',
    '| **all** | 1,201 | 400 | 800 | 0 | 1 | 0 | 0 | 4 |',
  ]);
});

it('goes on where a run was ended, and begins anew with other inputs', () => {
  const one = emptyTally();
  countsOf(one, 'csv').inputs = 500;
  const run = new Progress(1, 'digest');
  const [first, second] = [run.take(1700), run.take(1700)];
  run.end(second as FuzzBlock, one);
  const resumed = new Progress(1, 'digest');
  resumed.resume(run.kept());
  const rest = Array.from({ length: 4 }, () => resumed.take(1700));
  expect(rest).toEqual([first, { from: 1000, to: 1500 }, { from: 1500, to: 1700 }, undefined]);
  expect(inputsOf(resumed.tally)).toBe(500);
  const other = new Progress(2, 'digest');
  other.resume(run.kept());
  expect(other.take(100)).toEqual({ from: 0, to: 100 });
});

/**
 * Strategies tier: does a user's stateful strategy show in the result exactly what its state makes it do, whatever is replayed
 * beside it, and is state that outlives an instance found? (Needs dist/.)
 */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profiles/load.js';
import type { ResultDocument } from '../../src/results/document.js';
import type * as Run from '../../src/session/run.js';
import { runSeeds } from '../../src/session/seeds.js';
import { makeTransport } from '../../src/strategies/migration.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { planSweep } from '../../src/sweep/plan.js';
import { loadStudy } from '../../src/sweep/study.js';
import { runSweep } from '../../src/sweep/sweep.js';
import { ROOT, Sandbox } from '../support/cli.js';
import { exits, type OwnStrategy, ownStrategy, WARMING_UP } from '../support/own-strategy.js';
import { tracePath } from '../support/traces.js';
import { studyFile } from '../sweep/studies.js';
import { OPTIONS } from '../topology/run.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());
let files = 0;
const module = (own: OwnStrategy) => sandbox.write(`own-${files++}.mjs`, ownStrategy(own));

const TRACES = ['csv/ats-four-devices.csv', 'boot-strict.qemu-7.2.log.xz'].map(tracePath);
// Threads run what is built, so that this does, too.
const { runReplays } = (await import(join(ROOT, 'dist/session/run.js'))) as typeof Run;

const exitsOf = ({ results }: ResultDocument) =>
  results.map(({ strategy, amplification }) => [strategy, amplification.exits] as const);

describe('50 exits more in the first 12 submissions', () => {
  const warming = module({ ...WARMING_UP, name: 'warming' });
  const plain = module({ name: 'plain' });
  const strategies = [plain, warming, `${warming}:size=2`, 'ioctl'];

  /** Every result of `warming` has 50 exits more than that of `plain` on its trace. */
  function expectAll(document: ResultDocument, replays: number): void {
    const all = exitsOf(document);
    expect(all).toHaveLength(replays);
    let base = 0;
    for (const [strategy, count] of all) {
      if (strategy === 'plain') base = count;
      else if (strategy !== 'ioctl') expect(count).toBe(base + 50);
    }
  }

  it('are in a comparison of several strategies over several traces, with any number of threads', async () => {
    for (const jobs of [1, 2]) {
      expectAll(await runReplays(TRACES, { ...OPTIONS, strategies }, { jobs, threadsPayFrom: 0 }), 8);
    }
  });

  it('are there for every seed', async () => {
    const set = ['tlb.main.policy=random'];
    const document = await runSeeds([TRACES[0]], { ...OPTIONS, strategies, set }, 3);
    expectAll(document, 4);
    for (const { by_seed: bySeed } of document.results) expect(bySeed).not.toHaveProperty('amplification.exits');
  });

  it('are at every point of a sweep', async () => {
    const lines = [`traces: ['${TRACES[0]}']`, `strategies: ['${plain}', '${warming}']`, 'seeds: [1, 2]'];
    const plan = await planSweep(loadStudy(studyFile(lines), 9, 'run'));
    const { points } = await runSweep(plan, { jobs: 1 });
    const counts = points.map(({ result }) => exitsOf(result as ResultDocument)[0][1]);
    expect(counts[1]).toBe(counts[0] + 50);
    expect(counts.slice(2)).toEqual(counts.slice(0, 2));
  });
});

describe('state that outlives an instance', () => {
  const SENTENCE = /own-\d+\.mjs: publication \d+ \(.*\): expected every instance from create\(\) to do the same/;
  const create = (file: string) => {
    const [choice] = resolveStrategies([file]);
    return makeTransport(choice, loadProfile('neoverse-mmu700'));
  };

  it.each([
    ['of the module', { before: 'let done = 0;', perSubmission: `if (done++ < 12) ${exits('4')}` }],
    ['chance', { perSubmission: exits('Math.floor(Math.random() * 100)') }],
    [
      'of the module, what it has seen',
      {
        before: 'const seen = new Set();',
        perSubmission: `if (!seen.has(submission.guestCount)) ${exits('1')} seen.add(submission.guestCount);`,
      },
    ],
  ])('is found before anything is replayed: %s', (_what, own) => {
    expect(() => create(module(own))).toThrow(SENTENCE);
  });

  it('is found behind the replay that brought it up', async () => {
    // More than the dry run publishes, fewer than the dry run and the trace.
    const file = module({ before: 'let done = 0;', perSubmission: `if (++done > 900) ${exits('1')}` });
    const trace = tracePath('rebind-strict.qemu-7.2.log.xz');
    await expect(runReplays([trace], { ...OPTIONS, strategies: [file] })).rejects.toThrow(SENTENCE);
  });

  it('is not what the function of the default export closes over: that is of one instance', () => {
    const text = ownStrategy({ perSubmission: `if (done++ < 12) ${exits('4')}` }).replace(
      '=> ({',
      '=> { let done = 0; return {',
    );
    const file = sandbox.write('closure.mjs', text.replace(/\}\);\n$/, '}; };\n'));
    expect(() => create(file)).not.toThrow();
  });
});

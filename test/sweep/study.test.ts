/** Sweeps, the study file: is a mistake told with its line before anything runs, and has a study the points it says? */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadProfile } from '../../src/profiles/load.js';
import { planSweep } from '../../src/sweep/plan.js';
import { studyJsonSchema } from '../../src/sweep/schema.js';
import { countPoints, loadStudy } from '../../src/sweep/study.js';
import { ROOT } from '../support/cli.js';
import { messageOf, tracePath } from '../support/traces.js';
import { SMALL_TRACE, studyFile, temporaryFolder } from './studies.js';

const TRACES = `traces: ['${SMALL_TRACE}']`;

const MISTAKES: [string, string[], string][] = [
  ['a misspelt key', ['trace: [a]', 'strategies: [ioctl]'], ':2: unknown key trace; did you mean traces?'],
  ['no strategy', [TRACES], ':1: strategies: expected a list of strategies, at least one, found none'],
  ['an empty axis', [TRACES, 'strategies: []'], ':3: strategies: expected a list of strategies, at least one'],
  ['a trace that is not there', ['traces: [none.csv]', 'strategies: [ioctl]'], ':2: traces[0]: expected a readable'],
  ['a folder', ['traces: [.]', 'strategies: [ioctl]'], ':2: traces[0]: expected a regular file'],
  [
    'an unknown strategy',
    [TRACES, 'strategies:', '  - native', '  - ioct'],
    ':5: strategies[1]: unknown strategy ioct',
  ],
  [
    'an unknown profile',
    [TRACES, 'strategies: [ioctl]', 'profiles: [grace]'],
    ':4: profiles[0]: unknown profile grace',
  ],
  ['an unknown targeting', [TRACES, 'strategies: [ioctl]', 'atc: [vsdi]'], ':4: atc[0]: unknown ATC targeting vsdi'],
  [
    'an unknown parameter',
    [TRACES, 'strategies: [ioctl]', 'set:', '  smmu.mem_latency: [1]'],
    ':5: set.smmu.mem_latency[0]: --set: unknown key smmu.mem_latency; did you mean smmu.mem_latency_ns?',
  ],
  [
    'a value out of range',
    [TRACES, 'strategies: [ioctl]', 'set:', '  smmu.mem_latency_ns:', '    - 1', '    - -1'],
    ':7: set.smmu.mem_latency_ns[1]: --set smmu.mem_latency_ns: expected an integer from 0',
  ],
  [
    'a range without step',
    [TRACES, 'strategies: [ioctl]', 'set:', '  smmu.mem_latency_ns: { from: 1, to: 2 }'],
    ':5: set.smmu.mem_latency_ns: expected ',
  ],
  [
    'a point with a misspelt key',
    [TRACES, 'strategies: [ioctl]', 'points: [{ strat: native }]'],
    ':4: unknown key strat',
  ],
  ['a bad fault', [TRACES, 'strategies: [ioctl]', 'replay:', '  fault: [nonsense]'], ':5: replay.fault: --fault'],
  [
    'an unknown front axis',
    [TRACES, 'strategies: [ioctl]', 'pareto: { over: [strateg] }'],
    ':4: pareto.over[0]: unknown axis',
  ],
  [
    'an unknown objective',
    [TRACES, 'strategies: [ioctl]', 'pareto: { objectives: [meen, stall] }'],
    ':4: pareto.objectives[0]: unknown metric meen; did you mean mean?',
  ],
  [
    'an objective that is no merit',
    [TRACES, 'strategies: [ioctl]', 'pareto: { objectives: [mean, ops] }'],
    ':4: pareto.objectives[1]: expected a metric of which less or more is better',
  ],
  [
    'an unknown transform',
    [TRACES, 'strategies: [ioctl]', 'transforms: [none, guest-at]'],
    ':4: transforms[1]: unknown transform "guest-at"; did you mean guest-ats?',
  ],
  [
    'a transform twice in one',
    [TRACES, 'strategies: [ioctl]', 'transforms: [repeat=2+repeat=3]'],
    ':4: transforms[0]: expected every transform once, found repeat twice',
  ],
  [
    'a transform with a bad value',
    [TRACES, 'strategies: [ioctl]', 'points:', '  - { transform: time-scale=0 }'],
    ':5: points[0].transform: time-scale: expected a number above 0',
  ],
  [
    'a bad map of columns',
    [TRACES, 'strategies: [ioctl]', 'replay:', '  csv-map: [tim=ts]'],
    ':5: replay.csv-map: --csv-map: unknown column tim',
  ],
  [
    'a bad probe name',
    [TRACES, 'strategies: [ioctl]', 'replay:', '  ftrace-events: cmd=x'],
    ':5: replay.ftrace-events: --ftrace-events: unknown role cmd',
  ],
  [
    'a joined recording that is not there',
    [TRACES, 'strategies: [ioctl]', 'replay:', '  with: none.log'],
    ':5: replay.with: expected a readable trace file, found "none.log"',
  ],
  [
    'a parameter with a name that JavaScript takes for something else',
    [TRACES, 'strategies: [ioctl]', 'set:', '  __proto__: { from: 1, to: 2, step: 1 }'],
    ':5: unknown key __proto__',
  ],
  [
    'such a parameter of a point',
    [TRACES, 'strategies: [ioctl]', 'points:', '  - { strategy: native }', '  - { set: { __proto__: 1 } }'],
    ':6: unknown key __proto__',
  ],
  [
    'a parameter with a name that every object has',
    [TRACES, 'strategies: [ioctl]', 'set: { constructor: [1] }'],
    ':4: set.constructor[0]: --set: unknown key constructor',
  ],
  ['no YAML', [TRACES, 'strategies: [ioctl'], ': expected YAML or JSON'],
  [
    'aliases that multiply',
    [
      `a: &a [${'1,'.repeat(9)}1]`,
      `b: &b [${'*a,'.repeat(9)}*a]`,
      `c: &c [${'*b,'.repeat(9)}*b]`,
      `d: [${'*c,'.repeat(9)}*c]`,
    ],
    ': expected YAML or JSON, found: Excessive alias count',
  ],
];

it.each(MISTAKES)('refuses %s', async (_what, lines, expected) => {
  const path = studyFile(lines);
  const message = await messageOf(async () => loadStudy(path, 1000));
  expect(message.replace(`UsageError: ${path}`, '')).toContain(expected);
  expect(message).toMatch(/^UsageError: [^\n]+$/);
});

it.each(['__proto__', 'constructor', 'toString'])('refuses --set %s', (key) => {
  expect(() => loadProfile('neoverse-mmu700', [`${key}=1`])).toThrow(`--set: unknown key ${key}`);
});

it('refuses such a parameter in a profile', () => {
  const path = join(temporaryFolder(), 'profile.yaml');
  const builtIn = readFileSync(join(ROOT, 'src/profiles/neoverse-mmu700.yaml'), 'utf8');
  writeFileSync(path, `${builtIn}  __proto__: { value: 1, unit: ns, tag: V, source: nowhere }\n`);
  expect(() => loadProfile(path)).toThrow(`${path}: unknown parameter __proto__`);
});

it('counts a product without making it, and refuses more than the cap', async () => {
  const set = ['set:', '  smmu.mem_latency_ns: { from: 1, to: 1000000000, step: 1 }'];
  const path = studyFile([TRACES, 'strategies: [ioctl, native]', ...set]);
  expect(await messageOf(async () => loadStudy(path, 10_000))).toContain(
    'expected at most 10000 points (--max-points), found 2000000000',
  );
});

it('crosses the axes, the strategy fastest', async () => {
  const set = ['set:', '  smmu.mem_latency_ns: { from: 50, to: 400, times: 3 }'];
  const study = loadStudy(studyFile([TRACES, 'strategies: [ioctl, native]', 'seeds: [0, 1]', ...set]), 100);
  const { points } = await planSweep(study);
  const expected = ['50', '150'].flatMap((value) =>
    [0, 1].flatMap((seed) => ['ioctl', 'native'].map((strategy) => `${value} ${seed} ${strategy}`)),
  );
  expect(points.map(({ at }) => `${at.set['smmu.mem_latency_ns']} ${String(at.seed)} ${at.strategy}`)).toEqual(
    expected,
  );
  expect(points.map(({ index }) => index)).toEqual(expected.map((_, index) => index));
  expect(countPoints(study.content)).toBe(8);
});

it('crosses in a listed point what it leaves out, and runs nothing else', async () => {
  const lines = [
    TRACES,
    'strategies: [ioctl, native]',
    'set: { smmu.mem_latency_ns: [1, 2] }',
    'points:',
    '  - { strategy: hw-vcmdq, set: { smmu.exec_tlbi_ns: 7 } }',
    '  - { profile: grace-cmdqv, set: { smmu.mem_latency_ns: 9 } }',
  ];
  const study = loadStudy(studyFile(lines), 100);
  const { points } = await planSweep(study);
  expect(points.map(({ at: { profile, strategy, set } }) => ({ profile, strategy, set }))).toEqual([
    { profile: 'neoverse-mmu700', strategy: 'hw-vcmdq', set: { 'smmu.mem_latency_ns': 1, 'smmu.exec_tlbi_ns': 7 } },
    { profile: 'neoverse-mmu700', strategy: 'hw-vcmdq', set: { 'smmu.mem_latency_ns': 2, 'smmu.exec_tlbi_ns': 7 } },
    { profile: 'grace-cmdqv', strategy: 'ioctl', set: { 'smmu.mem_latency_ns': 9 } },
    { profile: 'grace-cmdqv', strategy: 'native', set: { 'smmu.mem_latency_ns': 9 } },
  ]);
  expect(countPoints(study.content)).toBe(points.length);
});

it.each([
  ["strategies: [hw-vcmdq, 'hw-vcmdq:atc=vsid']", 'atc: [vsid]'],
  ['strategies: [ioctl]', 'transforms: [guest-ats+guest-ril=off, guest-ril=off+guest-ats]'],
  ['strategies: [ioctl]', 'transforms: [none, repeat=1]'],
])('refuses the same point twice, however it is spelt: %s, %s', async (...lines) => {
  const study = loadStudy(studyFile([TRACES, ...lines]), 100);
  expect(await messageOf(() => planSweep(study))).toContain('expected every point once');
});

it('crosses transforms with all other axes, or takes them from a listed point', async () => {
  const at = async (...lines: string[]) => {
    const study = loadStudy(studyFile([TRACES, ...lines]), 100);
    const { points } = await planSweep(study);
    expect(countPoints(study.content)).toBe(points.length);
    return points.map(({ at: { transform, strategy }, options }) => [transform, strategy, options.transforms]);
  };
  const ats = { guestAts: true, timeScale: 0.5 };
  const axes = ['strategies: [ioctl, native]', 'transforms: [none, time-scale=0.5+guest-ats]'];
  expect(await at(...axes)).toEqual([
    ['none', 'ioctl', {}],
    ['none', 'native', {}],
    ['time-scale=0.5+guest-ats', 'ioctl', ats],
    ['time-scale=0.5+guest-ats', 'native', ats],
  ]);
  expect(await at(...axes, 'points: [{ transform: guest-kernel=6.1, strategy: ioctl }]')).toEqual([
    ['guest-kernel=6.1', 'ioctl', { guestKernel: 'before-6.6' }],
  ]);
});

it('joins a second recording with a single trace only', async () => {
  const lines = [`traces: ['${SMALL_TRACE}', '${tracePath('csv/raw-words.csv')}']`, 'strategies: [ioctl]'];
  const study = loadStudy(studyFile([...lines, 'replay:', `  with: '${SMALL_TRACE}'`]), 9);
  expect(await messageOf(() => planSweep(study))).toContain('--with: expected one trace to join');
});

it('gives every point an identity that its result depends on, and its place does not change it', async () => {
  const ids = async (...lines: string[]) => {
    const { points } = await planSweep(loadStudy(studyFile([TRACES, ...lines]), 100));
    return points.map(({ id }) => id);
  };
  const [ioctl, native] = await ids('strategies: [ioctl, native]');
  expect(await ids('strategies: [native, ioctl]')).toEqual([native, ioctl]);
  const others = await Promise.all([
    ids('strategies: [native]', 'profiles: [grace-cmdqv]'),
    ids('strategies: [native]', 'seeds: [1]'),
    ids('strategies: [native]', 'replay: { limit: 5 }'),
    ids('strategies: [native]', 'replay: { msi: false }'),
    ids('strategies: [native]', 'set: { smmu.exec_tlbi_ns: [1] }'),
    ids('strategies: [native]', 'atc: [broadcast]'),
    ids('strategies: [native]', 'transforms: [guest-ats]'),
    ids('strategies: [native]', 'transforms: [repeat=2]'),
    ids('strategies: [native]', 'replay: { csv-map: [time_ns=ts] }'),
    ids('strategies: [native]', 'replay: { csv-map: [time_ns=t] }'),
    ids('strategies: [native]', 'replay: { ftrace-events: map=m }'),
    ids('strategies: [native]', `replay: { with: '${tracePath('csv/raw-words.csv')}' }`),
    ids('strategies: [native]', `replay: { with: '${tracePath('csv/strict-unmap.csv')}' }`),
  ]);
  expect(new Set([ioctl, native, ...others.flat()]).size).toBe(2 + others.length);
});

it('docs/schemas/study.schema.json is what test/sweep/write-json-schema.mjs writes', () => {
  expect(readFileSync(join(ROOT, 'docs/schemas/study.schema.json'), 'utf8')).toBe(studyJsonSchema());
});

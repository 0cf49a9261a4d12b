/** Sweeps, shards put together: are the bytes those of the whole, and is every other set of shards refused with exit code 5? */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { IncompleteMergeError, mergeShards } from '../../src/sweep/merge.js';
import { planSweep } from '../../src/sweep/plan.js';
import { loadStudy } from '../../src/sweep/study.js';
import { runSweep } from '../../src/sweep/sweep.js';
import { ROOT } from '../support/cli.js';
import { messageOf, tracePath } from '../support/traces.js';
import { asJson, SMALL_TRACE, studyFile, temporaryFolder, wholeStudy } from './studies.js';

/** The files of all shards of the study at `path`. */
async function shardsOf(path: string, count: number): Promise<string[]> {
  const plan = await planSweep(loadStudy(path, 100));
  const folder = temporaryFolder();
  const files = Array.from({ length: count }, (_, at) => join(folder, `${at + 1}.json`));
  for (const [at, file] of files.entries()) {
    writeFileSync(file, asJson(await runSweep(plan, { jobs: 1, shard: { index: at + 1, count } })));
  }
  return files;
}

const AXES = [
  `traces: ['${tracePath('invalid/binary.bin')}', '${SMALL_TRACE}']`,
  'strategies: [ioctl, native]',
  'transforms: [none, guest-lazy]',
  'profiles: [neoverse-mmu700, grace-cmdqv]',
];

it.each([1, 2, 3, 7, 20])(
  'has the bytes of the whole from %i shards in any order, failed points included',
  async (n) => {
    const study = studyFile(AXES);
    const shards = await shardsOf(study, n);
    const rotated = [...shards.slice(n >> 1), ...shards.slice(0, n >> 1)].reverse();
    expect(asJson(mergeShards(rotated)) === (await wholeStudy(study))).toBe(true);
  },
);

it('refuses shards of studies that differ in anything that decides a result', async () => {
  const [first] = await shardsOf(studyFile(AXES), 2);
  const others = [
    AXES.with(1, 'strategies: [native, ioctl]'),
    AXES.with(2, 'transforms: [none, guest-ats]'),
    [...AXES, 'replay: { limit: 100 }'],
    [...AXES, 'pareto: { latency: p99_ns }'],
  ];
  for (const lines of others) {
    const [, second] = await shardsOf(studyFile(lines), 2);
    expect(await messageOf(async () => mergeShards([first, second]))).toContain(
      'expected a shard of study study.yaml (',
    );
  }
  const [, third] = await shardsOf(studyFile(AXES), 3);
  expect(await messageOf(async () => mergeShards([first, third]))).toContain('expected one of 2 shards as in');
});

const EXAMPLES = [1, 2].map((index) => join(ROOT, `docs/examples/shard-${index}-of-2.json`));

it('refuses shards that are missing, doubled, foreign, damaged or none, with exit code 5', () => {
  const folder = temporaryFolder();
  const [one, two] = EXAMPLES;
  const text = readFileSync(two, 'utf8');
  const { provenance } = JSON.parse(text);
  const [{ sha256 }] = provenance.traces;
  const altered = (...changes: [string, string][]) => {
    const path = join(folder, 'altered.json');
    let changed = text;
    for (const [from, to] of changes) {
      expect(changed).toContain(from);
      changed = changed.replace(from, to);
    }
    writeFileSync(path, changed);
    return path;
  };
  const another: [string, string] = [provenance.study.id, 'f'.repeat(64)];
  const cases: [() => string[], string][] = [
    [() => [one], 'expected all 2 shards, found none for 2/2'],
    [() => [one, two, one], `expected every shard once, found shard 1/2 in ${one} too`],
    [() => [one, altered(another)], 'expected a shard of study two-points.yaml ('],
    [() => [one, altered(another, [sha256, '0'.repeat(64)])], 'expected the same content of trace'],
    [() => [one, altered([`"version": "${provenance.tool.version}"`, '"version": "0"'])], 'expected smmuscope '],
    [
      () => [one, altered([`"build": "${provenance.tool.build}"`, '"build": "0123456789abcdef"'])],
      'found smmuscope 0.1.0 (build 0123456789ab)',
    ],
    [() => [one, altered(['"index": 1', '"index": 0'])], 'expected every point of its shard once, found point 0'],
    [() => [one, altered(['"schema"', '{"schema"'])], 'found no complete JSON'],
    [
      () => [one, join(ROOT, 'package.json')],
      'expected the JSON document of a sweep with --shard, found schema otherwise',
    ],
  ];
  for (const [paths, message] of cases) {
    const files = paths();
    expect(() => mergeShards(files)).toThrow(message);
    expect(() => mergeShards(files)).toThrow(IncompleteMergeError);
  }
  expect(new IncompleteMergeError('').exitCode).toBe(5);
  expect(() => mergeShards(['none.json'])).toThrow('none.json: expected a readable shard, found ENOENT');
});

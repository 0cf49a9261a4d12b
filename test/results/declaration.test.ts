/**
 * Results, declaration: are schema and dictionary those of the declaration, does every real result fit the schema, and is
 * every number in it declared?
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseGate } from '../../src/gates/gate.js';
import { withVerdicts } from '../../src/gates/verdicts.js';
import { metricsPage } from '../../src/reporters/metrics-page.js';
import { metricDictionary, metricEntry } from '../../src/results/declaration/dictionary.js';
import type { ResultDocument } from '../../src/results/document.js';
import { numericLeaves } from '../../src/results/numeric-leaves.js';
import { parseResult } from '../../src/results/read-result.js';
import { type RunOptions, runReplays } from '../../src/session/run.js';
import { runSeeds } from '../../src/session/seeds.js';
import { ROOT } from '../support/cli.js';

const OPTIONS: RunOptions = {
  profile: 'neoverse-mmu700',
  set: [],
  strategies: ['all'],
  atc: [],
  pacing: 'closed',
  dma: 'ordered',
  warmup: 0,
  limit: 1500,
  seed: 0,
  msi: true,
  safety: true,
  lenient: false,
  format: undefined,
};
const TRACE = join(ROOT, 'traces/rebind-strict.qemu-7.2.log.xz');
const text = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const ajv = new Ajv2020({ allErrors: true, strict: true });
const validate = ajv.compile(JSON.parse(text('docs/schemas/result.schema.json')));

/** Numbers that are lists of things by device: described in the schema, not metrics. */
const NOT_METRICS = /^(tlb\.by_sid|errors\.incidents)\./;

const runs: [string, Partial<RunOptions>][] = [
  ['every strategy', {}],
  ['timed translations, every strategy', { dma: 'timed', pacing: 'recorded', atc: ['vsid', 'broadcast'] }],
  ['the profile of a recording', { profile: 'qemu-iotlb', strategies: ['native'] }],
  ['a change of paths', { strategies: ['hw-vcmdq'], migrate: { atNs: 1e9, to: 'sw-vcmdq:worker=poll' } }],
  ['faults', { strategies: ['ioctl', 'v1-patch'], faults: ['illegal@100', 'unknown-vsid@50'] }],
  ['several VMs', { strategies: ['ioctl', 'sw-vcmdq:worker=adaptive'], vms: 2, backgroundPerS: 1000 }],
  ['no safety', { strategies: ['native'], safety: false }],
];

describe.each(runs)('%s', (_name, options) => {
  let document: ResultDocument;
  beforeAll(async () => {
    document = JSON.parse(JSON.stringify(await runReplays([TRACE], { ...OPTIONS, ...options })));
  });

  it('fits the published JSON Schema', () => {
    validate(document);
    expect(validate.errors).toBeNull();
  });

  it('is read back', () => {
    expect(parseResult(JSON.stringify(document), 'r.json')).toEqual(document);
  });

  it('has no number that is not in the dictionary', () => {
    const paths = document.results.flatMap((result) => numericLeaves(result).map(([path]) => path));
    const undeclared = paths.filter((path) => !NOT_METRICS.test(path) && metricEntry(path) === undefined);
    expect([...new Set(undeclared)]).toEqual([]);
  });
});

describe('several seeds', () => {
  it.each(['seeds', 'traces'] as const)(
    'medians and judgements over %s fit the published JSON Schema',
    async (over) => {
      const options = { ...OPTIONS, strategies: ['ioctl', 'native'], backgroundPerS: 2000 };
      const replayed = await runSeeds([TRACE], options, 6);
      expect(Object.keys(replayed.results[0].by_seed ?? {})).not.toEqual([]);
      const gates = ['mean_ns <= baseline', 'mean_ns >= 2x baseline', 'max_ns <= 1s', 'max_ns == 1'].map((limit) =>
        parseGate(`latency.operation.${limit}`, '--gate'),
      );
      const sampling = { over, seeds: 6 };
      const document = JSON.parse(
        JSON.stringify(withVerdicts(replayed, gates, { strategy: 'ioctl', atc: 'vsid' }, { sampling })),
      );
      validate(document);
      expect(validate.errors).toBeNull();
      expect(parseResult(JSON.stringify(document), 'r.json')).toEqual(document);
      expect(document.gates.judgements).toHaveLength(6);
    },
  );
});

describe('what is generated', () => {
  it('docs/metrics.md is what test/results/write-docs.mjs writes', () => {
    expect(text('docs/metrics.md')).toBe(metricsPage());
  });

  it('every metric has a meaning, and its unit is that of its name', () => {
    for (const { path, unit, meaning } of metricDictionary()) {
      expect(meaning, path).toMatch(/\w+/);
      if (/_ns$/.test(path)) expect(unit, path).toBe('ns');
      if (/_per_s$/.test(path)) expect(unit, path).toBe('1/s');
    }
  });
});

describe('parseResult', () => {
  it.each([
    ['', 'r.json: expected the JSON of a result (replay or compare with --json), found nothing'],
    [
      '{"schema":',
      'r.json: expected the JSON of a result (replay or compare with --json), found JSON that is cut short or damaged',
    ],
    ['schema: 1', 'r.json: expected the JSON of a result (replay or compare with --json), found something else'],
    ['[]', 'r.json: expected smmuscope.result/2, found JSON without the key schema'],
    ['null', 'r.json: expected smmuscope.result/2, found JSON without the key schema'],
    ['{"schema":"other/1"}', 'r.json: expected smmuscope.result/2, found "other/1"'],
    [
      '{"schema":"smmuscope.result/1"}',
      'r.json: expected smmuscope.result/2, found smmuscope.result/1, which an earlier version of smmuscope wrote and whose numbers mean something else: run the command that made it again with this one',
    ],
    [
      '{"schema":"smmuscope.result/3"}',
      'r.json: expected smmuscope.result/2, found smmuscope.result/3, which a later version of smmuscope wrote: use that one',
    ],
  ])('refuses %j', (json, sentence) => {
    expect(() => parseResult(json, 'r.json')).toThrow(sentence);
  });

  it('names the place of what is wrong', () => {
    const document = JSON.parse(text('docs/examples/rebind-strict.result.json'));
    document.results[0].latency.operation.p99_ns = 'slow';
    expect(() => parseResult(JSON.stringify(document), 'r.json')).toThrow(
      'r.json: expected a whole smmuscope.result/2, found at results.0.latency.operation.p99_ns: invalid input: expected number, received string',
    );
  });
});

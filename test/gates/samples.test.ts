/** Gates over several seeds or traces: are the three verdicts given where they are due, and only there? */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGate } from '../../src/gates/gate.js';
import { type GateBaseline, GateFailure, judgeGates, requirePassed } from '../../src/gates/judge.js';
import { judgeSamples } from '../../src/gates/sampling/judge-samples.js';
import { mediansOf } from '../../src/gates/sampling/medians.js';
import { withVerdicts } from '../../src/gates/verdicts.js';
import type { ResultDocument, StrategyResult } from '../../src/results/document.js';
import { COMPARISON, NO_DMA, strategyResult, TWO_TRACES } from '../reporters/documents.js';

const P99 = 'latency.operation.p99_ns';
const SEEDS = { over: 'seeds', seeds: 10 } as const;
const upFrom = (first: number, count = 10) => Array.from({ length: count }, (_, at) => first + at);
const verdict = (
  gate: string,
  values: number[],
  baseline: number[] | null = null,
  over: 'seeds' | 'traces' = 'seeds',
) => judgeSamples(parseGate(gate, '--gate'), { over, seeds: 1 }, values, baseline);

describe('absolute limits', () => {
  it.each([
    [`${P99} <= 109`, upFrom(100), 'pass'],
    [`${P99} <= 104`, upFrom(100), 'inconclusive'],
    [`${P99} <= 99`, upFrom(100), 'fail'],
    [`${P99} >= 99`, upFrom(100), 'pass'],
    [`${P99} > 110`, upFrom(100), 'fail'],
    [`${P99} <= 99`, upFrom(100, 6), 'fail'],
  ])('%s of %j: %s', (gate, values, expected) => {
    expect(verdict(gate, values)).toMatchObject({ verdict: expected, samples: { method: 'sign' } });
  });

  it('the value is the median, with its interval, and the excess is over the limit', () => {
    const { value, limit, samples } = verdict(`${P99} <= 90`, upFrom(100));
    expect({ value, limit }).toEqual({ value: 104.5, limit: 90 });
    const [low, high] = samples?.interval ?? [0, 0];
    expect(samples?.excess_interval).toEqual([low - 90, high - 90]);
    expect(low).toBeGreaterThan(100);
    expect(high).toBeLessThan(109);
    expect(samples?.p).toBeCloseTo(2 / 1024, 9);
  });
});

describe('relative limits', () => {
  it('tests the values against the limits that the baseline’s values make', () => {
    expect(verdict(`${P99} <= 1.1x baseline`, upFrom(200), upFrom(100))).toMatchObject({
      verdict: 'fail',
      value: 204.5,
      baseline: 104.5,
      limit: 114.95,
      // All of ten above all of ten: 2 of 184756.
      samples: { method: 'mann-whitney', p: 2 / 184756, count: 10 },
    });
    expect(verdict(`${P99} <= 2x baseline`, upFrom(200), upFrom(100)).verdict).toBe('pass');
    expect(verdict(`${P99} <= 1.95x baseline`, upFrom(200), upFrom(100)).verdict).toBe('inconclusive');
  });

  it('a result equal to its baseline seed by seed passes, however much the seeds differ', () => {
    const values = [1, 900, 20, 500, 7, 300, 44, 620];
    expect(verdict(`${P99} <= baseline`, values, values)).toMatchObject({
      verdict: 'pass',
      samples: { excess_interval: [0, 0] },
    });
    expect(verdict(`${P99} < baseline`, values, values).verdict).toBe('inconclusive');
  });

  it('beyond the limit in the interval but not in the test is inconclusive', () => {
    // A little worse with every seed: certain as pairs, lost among the seeds for a test of independent samples.
    const base = [10, 200, 3000, 40000, 500000, 6000000, 70000000];
    const worse = base.map((one) => one + 1);
    const seeds = verdict(`${P99} <= baseline`, worse, base);
    expect(seeds).toMatchObject({ verdict: 'inconclusive', reason: 'beyond the limit, but not significantly' });
    // Traces are compared one by one.
    expect(verdict(`${P99} <= baseline`, worse, base, 'traces')).toMatchObject({
      verdict: 'fail',
      samples: { method: 'sign', p: expect.closeTo(2 / 128, 9) },
    });
  });
});

describe('few samples', () => {
  it.each([2, 3, 5])('%i decide nothing, and how many would is said', (count) => {
    for (const limit of ['99', '200']) {
      const judged = verdict(`${P99} <= ${limit}`, upFrom(100, count));
      expect(judged).toMatchObject({ verdict: 'inconclusive', samples: { count, needed: 6 } });
      expect(judged.reason).toContain('need at least 6');
      expect(judged.samples?.p).toBeUndefined();
    }
  });
});

describe('equal samples', () => {
  it('are one value, judged exactly, with however few seeds', () => {
    expect(verdict(`${P99} <= 100`, [100, 100])).toMatchObject({ verdict: 'pass', samples: { method: 'exact' } });
    expect(verdict(`${P99} < 1.1x baseline`, [110, 110], [100, 100])).toMatchObject({ verdict: 'fail', limit: 110 });
  });

  it('of traces are samples like others', () => {
    expect(verdict(`${P99} <= 100`, [100, 100], null, 'traces').verdict).toBe('inconclusive');
    expect(verdict(`${P99} <= 100`, new Array(6).fill(100), null, 'traces').verdict).toBe('pass');
  });
});

describe('== and !=', () => {
  it('hold with every seed or not at all: one violation in ten is not voted down', () => {
    const values = [0, 0, 0, 0, 0, 0, 0, 3, 0, 0];
    expect(verdict('safety.stale_after_sync == 0', values)).toMatchObject({
      verdict: 'fail',
      value: 3,
      samples: { method: 'each', count: 10 },
    });
    expect(verdict('safety.stale_after_sync == baseline', values, values).verdict).toBe('pass');
    expect(verdict('safety.stale_after_sync != 3', values).verdict).toBe('fail');
  });
});

it('a limit further away never turns a pass into anything else, nor anything into a fail', () => {
  const rank = { fail: 0, inconclusive: 1, pass: 2 };
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 6, maxLength: 9 }),
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: 20 }),
      (values, limit, further) => {
        const near = rank[verdict(`${P99} <= ${limit}`, values).verdict];
        expect(rank[verdict(`${P99} <= ${limit + further}`, values).verdict]).toBeGreaterThanOrEqual(near);
        // What fails on one side of a limit passes on the other.
        const below = verdict(`${P99} <= ${limit}`, values).verdict;
        const above = verdict(`${P99} > ${limit}`, values).verdict;
        if (below === 'fail') expect(above).toBe('pass');
        if (above === 'fail') expect(below).toBe('pass');
        expect([below, above]).not.toEqual(['pass', 'pass']);
      },
    ),
    { seed: 7, numRuns: 15 },
  );
});

/** `result` whose p99 is `values`, one per seed. */
const seeded = (result: StrategyResult, values: number[]): StrategyResult => ({
  ...result,
  by_seed: { [P99]: values },
});
const document = (...results: StrategyResult[]): ResultDocument => ({
  ...COMPARISON,
  provenance: { ...COMPARISON.provenance, seed: 0, seeds: 10, seed_dependents: ['tlb.main.policy'] },
  results,
});
const IOCTL = seeded(strategyResult('ioctl', 'vsid', 1000, 6914), upFrom(3000));
const NATIVE = seeded(strategyResult('native', 'vsid', 500, 6914), upFrom(1500));
const BOTH = document(IOCTL, NATIVE);
const judge = (gate: string, of = BOTH, judging = {}, baseline: GateBaseline = { strategy: 'ioctl', atc: 'vsid' }) =>
  judgeGates(of, [parseGate(gate, '--gate')], baseline, { sampling: SEEDS, ...judging });

describe('judgeGates', () => {
  it('reads the samples of a metric that differs, and repeats one that does not', () => {
    expect(judge(`${P99} <= 0.6x baseline`).judgements).toMatchObject([
      { strategy: 'native', value: 1504.5, baseline: 3004.5, verdict: 'pass', samples: { count: 10 } },
    ]);
    expect(judge('latency.operation.mean_ns <= 0.6x baseline').judgements).toMatchObject([
      { strategy: 'native', value: 500, baseline: 1000, verdict: 'pass', samples: { method: 'exact', count: 10 } },
    ]);
  });

  it('inconclusive samples fail the run unless told otherwise; values that do not exist fail it only if told to', () => {
    const undecided = `${P99} <= 1504`;
    const only = `${undecided} for native`;
    expect(judge(only)).toMatchObject({ passed: false, counts: { pass: 0, fail: 0, inconclusive: 1 } });
    expect(judge(only).judgements[0].blocks).toBe(true);
    expect(() => requirePassed(judge(only), ({ strategy }) => strategy)).toThrow(
      new GateFailure('1 of 1 gate judgements inconclusive: native'),
    );
    const warned = judge(only, BOTH, { inconclusive: 'warn' });
    expect(warned.passed).toBe(true);
    expect(warned.judgements[0].blocks).toBeUndefined();
    const absent = (judging = {}) =>
      judge('safety.stale_after_sync == 0', NO_DMA, judging, { strategy: '', atc: '' }).passed;
    expect([absent(), absent({ inconclusive: 'warn' }), absent({ inconclusive: 'fail' })]).toEqual([true, true, false]);
    expect(absent({ inconclusive: 'fail', sampling: undefined })).toBe(false);
  });

  it('lists breaches and what is inconclusive', () => {
    const gates = judge(`${P99} <= 1504`);
    expect(() => requirePassed(gates, ({ strategy }) => strategy)).toThrow(
      new GateFailure('1 of 2 gate judgements failed: ioctl; 1 of 2 gate judgements inconclusive: native'),
    );
  });

  it('refuses an earlier result of other seeds, and one with values missing', () => {
    const earlier = (of: ResultDocument) => ({ document: of, name: 'old.json', file: 'old.json', sha256: 'ab' });
    const gate = `${P99} <= baseline`;
    expect(judge(gate, BOTH, {}, earlier(structuredClone(BOTH))).counts).toEqual({ pass: 2, fail: 0, inconclusive: 0 });
    const other = { ...BOTH, provenance: { ...BOTH.provenance, seeds: 9 } };
    expect(() => judge(gate, BOTH, {}, earlier(other))).toThrow(
      'old.json: expected results of the same seeds, 10 from 0, found 9 from 0',
    );
    const { seeds: _one, ...single } = BOTH.provenance;
    expect(() => judge(gate, BOTH, {}, earlier({ ...BOTH, provenance: { ...single, seed: 3 } }))).toThrow(
      'expected results of the same seeds, 10 from 0, found 1 from 3',
    );
    const short = document(seeded(IOCTL, [1, 2]), NATIVE);
    expect(() => judge(gate, BOTH, {}, earlier(short))).toThrow(
      `by_seed of ${P99}: expected 10 values, one per seed, found 2`,
    );
  });
});

describe('across traces', () => {
  const ACROSS = { over: 'traces', seeds: 3 } as const;
  const names = upFrom(0, 7).map((at) => `trace-${at}.csv`);
  const of = (strategy: string, factor: number) =>
    names.map((trace, at) => ({
      ...seeded(
        strategyResult(strategy, 'vsid', 10 ** (at + 1), 1),
        [0.9, 1, 1.1].map((x) => x * factor * 10 ** (at + 1)),
      ),
      trace,
    }));
  const [trace] = COMPARISON.provenance.traces;
  const many: ResultDocument = {
    ...document(...of('ioctl', 1), ...of('native', 0.5)),
    provenance: { ...BOTH.provenance, seeds: 3, traces: names.map((file) => ({ ...trace, file, sha256: file })) },
  };

  it('there is one judgement per strategy: the median over traces of the medians over seeds', () => {
    const { judgements } = judge(`${P99} <= 0.6x baseline`, many, { sampling: ACROSS });
    expect(judgements).toMatchObject([
      { trace: '7 traces', strategy: 'native', value: 5000, baseline: 10000, limit: 6000, verdict: 'pass' },
    ]);
    expect(judge(`${P99} <= 0.4x baseline`, many, { sampling: ACROSS }).judgements[0]).toMatchObject({
      verdict: 'fail',
      samples: { over: 'traces', count: 7, method: 'sign', p: expect.closeTo(2 / 128, 9) },
    });
  });

  it('the ratio is taken trace by trace, so that the spread of the traces is not in its interval', () => {
    const { medians } = mediansOf(many, [], { strategy: 'ioctl', atc: 'vsid' }, ACROSS);
    const native = medians.find(({ strategy, metric }) => strategy === 'native' && metric === P99);
    expect(native).toMatchObject({ trace: '7 traces', is_exact: false, median: 5000, baseline: { median: 10000 } });
    expect(native?.baseline?.ratio_interval).toEqual([0.5, 0.5]);
    expect(native?.baseline?.sign_p).toBeCloseTo(2 / 128, 9);
  });

  it('two traces have medians but no intervals', () => {
    const statistics = mediansOf(TWO_TRACES, [], { strategy: 'ioctl', atc: 'vsid' }, { over: 'traces', seeds: 1 });
    expect(statistics).toMatchObject({ samples: 2, least_samples: 6 });
    expect(statistics.medians.every(({ interval }) => interval === null)).toBe(true);
  });
});

describe('statistics', () => {
  it('have the headline metrics and the gated ones, exact where all seeds agree', () => {
    const gate = parseGate('amplification.added_syncs <= 1000', '--gate');
    const { statistics } = withVerdicts(BOTH, [gate], { strategy: 'ioctl', atc: 'vsid' }, { sampling: SEEDS });
    const of = (metric: string) =>
      statistics?.medians.find((one) => one.strategy === 'native' && one.metric === metric);
    expect(of('amplification.added_syncs')).toMatchObject({ is_exact: true });
    expect(of('latency.operation.mean_ns')).toMatchObject({
      is_exact: true,
      interval: [500, 500],
      baseline: { ratio: 0.5, ratio_interval: [0.5, 0.5] },
    });
    expect(of(P99)).toMatchObject({
      is_exact: false,
      median: 1504.5,
      baseline: { median: 3004.5, ratio: 1504.5 / 3004.5, mann_whitney: { u: 0, p: 2 / 184756, method: 'exact' } },
    });
  });

  it('are left out where every result stands for itself', () => {
    expect(withVerdicts(COMPARISON, [], { strategy: 'ioctl', atc: 'vsid' }, {})).toEqual(COMPARISON);
  });
});

/** Diff: is what two results do not share named, causes first, and nothing else? */
import { describe, expect, it } from 'vitest';
import { type DiffInput, diffDocuments, differencesBetween, isDifferent } from '../../src/diff/diff.js';
import type { ResultDocument, StrategyResult } from '../../src/results/document.js';
import { numericLeaves } from '../../src/results/numeric-leaves.js';
import type { StudyDocument, StudyPoint } from '../../src/results/study-document.js';
import { COMPARISON, strategyResult } from '../reporters/documents.js';

const input = (document: DiffInput['document'], name = 'x.json'): DiffInput => ({ document, name, file: name });
const between = (old: DiffInput['document'], now: DiffInput['document'], isAcross = false) =>
  differencesBetween(input(old, 'old.json'), input(now, 'new.json'), { isAcross });
const of = (...results: readonly StrategyResult[]): ResultDocument => ({ ...COMPARISON, results: [...results] });
const IOCTL = strategyResult('ioctl', 'vsid', 4000, 6914);

/** `result` with each stage times its factor, and the mean and whatever hangs on it as they follow. */
function slower(result: StrategyResult, factors: Readonly<Record<string, number>>): StrategyResult {
  const { breakdown_ns: before, operation } = result.latency;
  const stages = Object.fromEntries(Object.entries(before).map(([stage, ns]) => [stage, ns * (factors[stage] ?? 1)]));
  const addedNs = Object.keys(before).reduce((sum, stage) => sum + stages[stage] - before[stage], 0);
  const mean_ns = operation.mean_ns + addedNs;
  return {
    ...result,
    latency: { ...result.latency, breakdown_ns: stages, operation: { ...operation, mean_ns } },
    host: { ...result.host, cpu_ns: { ...result.host.cpu_ns, vcpu: result.host.cpu_ns.vcpu * 1.3 } },
    throughput: { ...result.throughput, duration_ns: result.throughput.duration_ns * 1.5 },
  };
}

describe('the same', () => {
  it('has no differences, in another order of keys and rows too', () => {
    const { schema, provenance, results } = COMPARISON;
    const reordered = JSON.parse(JSON.stringify({ results: [...results].reverse(), provenance, schema }));
    const found = between(COMPARISON, reordered);
    expect(found).toMatchObject({ differences: [], changed: [], only_in_old: [], only_in_new: [] });
    expect(found.rows).toHaveLength(results.length);
    expect(isDifferent(found)).toBe(false);
  });

  it('any one number that differs is found, whichever it is', () => {
    const paths = numericLeaves(IOCTL).map(([path]) => path);
    expect(paths.length).toBeGreaterThan(80);
    for (const path of paths) {
      const copy = JSON.parse(JSON.stringify(IOCTL));
      const keys = path.split('.');
      const last = keys.pop() as string;
      keys.reduce((node, key) => node[key], copy)[last] += 1;
      const found = between(of(IOCTL), of(copy));
      expect(found.differences.map(({ metric }) => metric)).toEqual([path]);
    }
  });

  it('a list that differs is named although no number does', () => {
    const first = [{ event: 1 }] as unknown as NonNullable<StrategyResult['safety']>['first'];
    const found = between(of(IOCTL), of({ ...IOCTL, safety: { ...IOCTL.safety!, first } }));
    expect(found.differences).toEqual([]);
    expect(found.rows[0].not_numbers).toEqual(['safety.first']);
    expect(isDifferent(found)).toBe(true);
  });
});

describe('what comes first', () => {
  it('a stage that grows by a tenth stands before all that follows from it, and before CPU time that grows more', () => {
    const { differences } = between(of(IOCTL), of(slower(IOCTL, { ioctl: 1.1 })));
    expect(differences[0]).toMatchObject({ metric: 'latency.breakdown_ns.ioctl', old: 500, change: 50 });
    expect(differences[0].ratio).toBeCloseTo(1.1);
    expect(differences[0].share_of_mean_change).toBeCloseTo(1);
    expect(differences[1].metric).toBe('latency.operation.mean_ns');
    expect(differences.find(({ metric }) => metric === 'throughput.duration_ns')?.detail).toBe(true);
  });

  it('of two stages the one that adds more; a wait behind the stage that moved', () => {
    const first = (factors: Record<string, number>) =>
      between(of(IOCTL), of(slower(IOCTL, factors)))
        .differences.slice(0, 2)
        .map(({ metric }) => metric.replace(/.*\./, ''));
    expect(first({ ioctl: 1.1, exit: 1.1 })).toEqual(['exit', 'ioctl']);
    const waiting = { ...IOCTL.latency.breakdown_ns, queue_wait: 1000 };
    const queued = { ...IOCTL, latency: { ...IOCTL.latency, breakdown_ns: waiting } };
    const { differences } = between(of(queued), of(slower(queued, { ioctl: 1.1, queue_wait: 1.2 })));
    expect(differences.slice(0, 2).map(({ metric }) => metric.replace(/.*\./, ''))).toEqual(['ioctl', 'queue_wait']);
  });

  it('a path that is no longer safe before all, and the row whose mean changes most', () => {
    const unsafe = { ...slower(IOCTL, { ioctl: 2 }), safety: { ...IOCTL.safety!, stale_after_sync: 3 } };
    expect(between(of(IOCTL), of(unsafe)).differences[0].metric).toBe('safety.stale_after_sync');
    const native = strategyResult('native', 'vsid', 500, 6914);
    const now = of(slower(IOCTL, { ioctl: 1.1 }), slower(native, { fetch: 1.5 }));
    expect(between(of(IOCTL, native), now).rows.map(({ strategy }) => strategy)).toEqual(['native', 'ioctl']);
  });
});

describe('what is not the same otherwise', () => {
  it('names parameters, options and rows of one side', () => {
    const { provenance } = COMPARISON;
    const overrides = { 'software.syscall_ioctl_ns': 198 };
    const profile = { ...provenance.profile, overrides, parameters_sha256: 'ff' };
    const now = { ...of(IOCTL), provenance: { ...provenance, profile, pacing: 'asap' } };
    const found = between(of(IOCTL, strategyResult('native', 'vsid', 500, 6914)), now);
    expect(found.changed).toEqual([
      { what: 'pacing', old: '"closed"', new: '"asap"' },
      { what: 'profile.overrides.software.syscall_ioctl_ns', new: '198' },
    ]);
    expect(found.only_in_old).toMatchObject([{ strategy: 'native', atc: 'vsid' }]);
    expect(isDifferent(found)).toBe(true);
  });

  it('refuses two kinds of documents, and two without a row in common', () => {
    expect(() => between(COMPARISON, study([]))).toThrow('new.json: expected smmuscope.result/2 as old.json');
    const native = of(strategyResult('native', 'vsid', 1, 1));
    const { tool } = COMPARISON.provenance;
    expect(() =>
      diffDocuments(
        input(of(IOCTL), 'old.json'),
        input(native, 'new.json'),
        { isAcross: false },
        { ...tool, build: '' },
      ),
    ).toThrow('new.json: expected a row that old.json has too (ioctl (vsid)), found native (vsid)');
  });
});

/** The same guest with another kernel: another trace of the same name or another, half as long. */
function recorded(document: ResultDocument, file: string): ResultDocument {
  const [trace] = document.provenance.traces;
  const provenance = { ...document.provenance, traces: [{ ...trace, file, sha256: 'beef' }] };
  return { ...document, provenance, results: document.results.map((result) => ({ ...result, trace: file })) };
}

describe('other recordings', () => {
  const now = recorded(of(slower({ ...IOCTL, operations_unfinished: 7 }, { ioctl: 1.1 })), 'new-kernel.log');

  it('are refused unless they are asked for, under the same name too', () => {
    const sentence = /new\.json: expected results of the same recordings as old\.json, .*--across recordings/;
    expect(() => between(of(IOCTL), now)).toThrow(sentence);
    expect(() => between(of(IOCTL), recorded(of(IOCTL), IOCTL.trace))).toThrow(sentence);
  });

  it('are compared per operation and per unmap, never by totals', () => {
    const { differences, recordings, rows } = between(of(IOCTL), now, true);
    expect(differences[0].metric).toBe('latency.breakdown_ns.ioctl');
    const metrics = differences.map(({ metric }) => metric);
    expect(metrics).not.toContain('operations_unfinished');
    expect(metrics.filter((metric) => /throughput|cpu_ns|count$|max_ns|total/.test(metric))).toEqual([]);
    expect(recordings?.[0].facts.map(({ what }) => what)).toEqual(['sha256', 'duration']);
    expect(rows[0]).toMatchObject({ trace: 'new-kernel.log', old_trace: IOCTL.trace });
  });

  it('are the same file under another name without being asked for', () => {
    const [trace] = COMPARISON.provenance.traces;
    const renamed = recorded(of(IOCTL), 'copy.log');
    const same = { ...renamed, provenance: { ...renamed.provenance, traces: [{ ...trace, file: 'copy.log' }] } };
    expect(between(of(IOCTL), same).differences).toEqual([]);
  });

  it('numbers per unmap are left out where unmaps are counted otherwise', () => {
    const unmaps = { ...IOCTL.per_unmap!, counted_from: 'unmap-events' as const, ns: 9 };
    const { differences, notes } = between(of(IOCTL), recorded(of({ ...IOCTL, per_unmap: unmaps }), 'b.log'), true);
    expect(differences).toEqual([]);
    expect(notes.join()).toContain('not counted alike');
  });
});

/** A study of `points`. */
function study(points: readonly Omit<StudyPoint, 'index' | 'id'>[]): StudyDocument {
  const { tool } = COMPARISON.provenance;
  return {
    schema: 'smmuscope.study-result/2',
    provenance: { tool, study: { file: 's.yaml', id: 'ab', points: points.length }, traces: [] },
    failed: 0,
    points: points.map((point, index) => ({ index, id: String(index), ...point })),
    pareto: { latency: 'mean_ns', over: [], fronts: [] },
  };
}

describe('studies', () => {
  const at = (vcpus: string) => ({ trace: 't.log', profile: 'p', set: { 'guest.vcpus': vcpus }, strategy: 'ioctl' });

  it('pair by their place on the axes, wherever a point stands', () => {
    const slow = slower(IOCTL, { ioctl: 1.1 });
    const old = study([
      { at: at('1'), result: of(IOCTL) },
      { at: at('2'), result: of(IOCTL) },
    ]);
    const now = study([
      { at: at('2'), result: of(slow) },
      { at: at('1'), result: of(IOCTL) },
    ]);
    const { rows, differences } = between(old, now);
    expect(new Set(differences.map(({ row }) => rows[row].at))).toEqual(new Set([at('2')]));
    expect(differences[0].metric).toBe('latency.breakdown_ns.ioctl');
  });

  it('a point that failed in one of them is named with its error', () => {
    const error = { exit_code: 4, message: 'cut short' };
    const points = [{ at: at('1'), result: of(IOCTL) }];
    const old = study([...points, { at: at('2'), result: of(IOCTL) }]);
    const found = between(old, study([...points, { at: at('2'), result: null, error }]));
    expect(found.only_in_old).toMatchObject([{ at: at('2'), reason: 'failed in new.json: cut short' }]);
  });
});

describe('several seeds', () => {
  const seeded = (values: readonly number[]): ResultDocument => {
    const by_seed = { 'latency.operation.mean_ns': [...values] };
    const document = of({ ...IOCTL, by_seed });
    return { ...document, provenance: { ...document.provenance, seeds: values.length, seed: 0 } };
  };
  const OLD = seeded([100, 101, 102, 103, 104, 105, 106, 107]);

  it('are compared by their medians, with a test', () => {
    const [mean] = between(OLD, seeded([200, 201, 202, 203, 204, 205, 206, 207])).differences;
    expect(mean).toMatchObject({ old: 103.5, new: 203.5, significant: true });
    expect(mean.test?.mann_whitney?.p).toBeLessThan(0.001);
    const [chance] = between(OLD, seeded([107, 101, 102, 103, 104, 105, 106, 108])).differences;
    expect(chance.significant).toBe(false);
  });

  it('of another number are compared by the first seed, and that is said', () => {
    const { notes, differences } = between(OLD, seeded([200, 201]));
    expect(notes.join()).toContain('not the same seeds');
    expect(differences).toEqual([]);
  });
});

it('six traces that all move one way are significant together', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const [trace] = COMPARISON.provenance.traces;
  const traces = names.map((file) => ({ ...trace, file, sha256: file }));
  const provenance = { ...COMPARISON.provenance, traces };
  const results = names.map((file) => ({ ...IOCTL, trace: file }));
  const now = results.map((result, at) => slower(result, { ioctl: 1.1 + at / 100 }));
  const found = between({ ...of(...results), provenance }, { ...of(...now), provenance });
  const mean = found.over_traces?.find(({ metric }) => metric === 'latency.operation.mean_ns');
  expect(mean).toMatchObject({ traces: 6, old: { median: 4000 } });
  expect(mean?.old.sign_p).toBeCloseTo(2 / 64);
});

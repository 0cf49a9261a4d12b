/** Gates: is a limit read as it is written, is every result judged exactly, and are foreign results refused? */
import { describe, expect, it } from 'vitest';
import { parseGate } from '../../src/gates/gate.js';
import { parseGateFile } from '../../src/gates/gate-file.js';
import { type GateBaseline, GateFailure, judgeGates, requirePassed } from '../../src/gates/judge.js';
import type { ResultDocument } from '../../src/results/document.js';
import { UsageError } from '../../src/trace/errors.js';
import { COMPARISON, NO_DMA, strategyResult } from '../reporters/documents.js';

const P99 = 'latency.operation.p99_ns';
const document = (...results: ResultDocument['results']): ResultDocument => ({ ...COMPARISON, results });
const IOCTL = strategyResult('ioctl', 'vsid', 1000, 6914);
const NATIVE = strategyResult('native', 'vsid', 500, 6914);
const BOTH = document(IOCTL, NATIVE);
const earlier = (of: ResultDocument): GateBaseline => ({
  document: of,
  name: 'old.json',
  file: 'old.json',
  sha256: 'ab',
});
const verdicts = (gate: string, baseline: GateBaseline = { strategy: 'ioctl', atc: 'vsid' }, of = BOTH) =>
  judgeGates(of, [parseGate(gate, '--gate')], baseline).judgements.map(({ verdict }) => verdict);

describe('limits', () => {
  // p99 is 3000 ns for ioctl, 1500 ns for native.
  it.each([
    [`${P99} <= 3000`, ['pass', 'pass']],
    [`${P99} < 3000`, ['fail', 'pass']],
    [`${P99}<=2.999us`, ['fail', 'pass']],
    [`${P99} >= 3us`, ['pass', 'fail']],
    [`${P99} > 3us`, ['fail', 'fail']],
    [`${P99} == 1500`, ['fail', 'pass']],
    [`${P99} != 1500`, ['pass', 'fail']],
    [`${P99} <= 100 for native`, ['fail']],
    ['p99 <= 3us', ['pass', 'pass']],
    ['per unmap < 1us', ['fail', 'pass']],
    ['est % <= 50%', ['pass', 'pass']],
    [`${P99} <= 100 for native:atc=vsid,ioctl`, ['fail', 'fail']],
  ])('%s', (gate, expected) => {
    expect(verdicts(gate)).toEqual(expected);
  });

  it.each([
    [`${P99} <= 0.5x baseline`, 'pass'],
    [`${P99} < 0.5x baseline`, 'fail'],
    [`${P99} <= baseline - 1500ns`, 'pass'],
    [`${P99} <= baseline - 1501`, 'fail'],
    [`${P99} <= 0.25x baseline + 750`, 'pass'],
    [`${P99} within 0% of baseline`, 'pass'],
    ['p99 <= 0.5 * baseline', 'pass'],
    ['p99 < 0.5 * baseline', 'fail'],
  ])('%s: the baseline is not held against itself', (gate, expected) => {
    expect(verdicts(gate)).toEqual([expected]);
  });

  it('a product has no binary dust', () => {
    const old = document(
      strategyResult('ioctl', 'vsid', 1000, 6914, { throughput: { ...IOCTL.throughput, duration_ns: 100 } }),
    );
    const now = document(
      strategyResult('ioctl', 'vsid', 1000, 6914, { throughput: { ...IOCTL.throughput, duration_ns: 110 } }),
    );
    expect(verdicts('throughput.duration_ns >= 1.1x baseline', earlier(old), now)).toEqual(['pass']);
  });
});

describe('within', () => {
  const faster = (perS: number) =>
    document(
      strategyResult('ioctl', 'vsid', 1000, 6914, { throughput: { ...IOCTL.throughput, commands_per_s: perS } }),
    );

  it('knows which way is worse', () => {
    expect(verdicts('throughput.commands_per_s within 5% of baseline', earlier(faster(100)), faster(95))).toEqual([
      'pass',
    ]);
    expect(verdicts('throughput.commands_per_s within 5% of baseline', earlier(faster(100)), faster(94))).toEqual([
      'fail',
    ]);
    expect(verdicts('throughput.commands_per_s within 5% of baseline', earlier(faster(100)), faster(900))).toEqual([
      'pass',
    ]);
    const slower = document(strategyResult('ioctl', 'vsid', 1100, 6914));
    expect(verdicts(`${P99} within 10% of baseline`, earlier(document(IOCTL)), slower)).toEqual(['pass']);
    expect(verdicts(`${P99} within 9.9% of baseline`, earlier(document(IOCTL)), slower)).toEqual(['fail']);
  });
});

describe('what there is not', () => {
  it('is inconclusive where the result has no such part', () => {
    const [one] = judgeGates(NO_DMA, [parseGate('safety.stale_after_sync == 0', '--gate')], {
      ...{ strategy: '', atc: '' },
    }).judgements;
    expect(one).toMatchObject({ verdict: 'inconclusive', value: null, reason: 'this result has no such value' });
  });

  it('is inconclusive where the earlier result has not the strategy', () => {
    expect(verdicts(`${P99} <= baseline`, earlier(document(structuredClone(IOCTL))))).toEqual(['pass', 'inconclusive']);
  });

  it('is zero in a mapping that leaves zeros out', () => {
    expect(verdicts('amplification.extra_by_cause.widened == 0')).toEqual(['pass', 'pass']);
  });
});

it('every breach is listed, with exit code 3', () => {
  const gates = judgeGates(BOTH, [parseGate(`${P99} <= 1`, 'x'), parseGate('amplification.ioctls == 0', 'x')], {
    ...{ strategy: 'ioctl', atc: 'vsid' },
  });
  expect(gates).toMatchObject({ passed: false, counts: { pass: 0, fail: 4, inconclusive: 0 } });
  const describeBreach = ({ strategy, metric }: { strategy: string; metric: string }) => `${strategy} ${metric}`;
  expect(() => requirePassed(gates, describeBreach)).toThrow(
    new GateFailure(
      `4 of 4 gate judgements failed: ioctl ${P99}; native ${P99}; ioctl amplification.ioctls; native amplification.ioctls`,
    ),
  );
  expect(new GateFailure('').exitCode).toBe(3);
});

describe('foreign results', () => {
  const old = (path: string, value: unknown): GateBaseline => {
    const copy = JSON.parse(JSON.stringify(BOTH));
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let node = copy.provenance;
    for (const key of keys) node = node[key];
    node[last] = value;
    return earlier(copy);
  };
  it.each([
    ['trace', 'traces.0.sha256', 'ffee', /^old.json: expected results of the same trace, rebind.*00ff\), found .*ffee/],
    ['profile', 'profile.name', 'x', /the same model \(profile name\)/],
    ['override', 'profile.overrides', { 'smmu.slots': 1 }, /the same model \(profile overrides\)/],
    ['value of a parameter', 'profile.parameters_sha256', 'x', /the same model \(profile parameters_sha256\)/],
    ['pacing', 'pacing', 'asap', /the same model \(pacing\), "closed", found "asap"/],
    ['setting that is not there', 'vms', 2, /the same model \(vms\), none, found 2/],
    ['topology', 'traces.0.topology.source', 'x', /the same topology/],
  ])('another %s is refused', (_what, path, value, sentence) => {
    expect(() => verdicts(`${P99} <= baseline`, old(path, value))).toThrow(sentence);
  });

  it('another version of the tool and another name of the file are welcome', () => {
    const renamed = JSON.parse(JSON.stringify(BOTH).replaceAll('rebind-strict.qemu-7.2.log.xz', 'r.xz'));
    renamed.provenance.tool.version = '0.0.1';
    expect(verdicts(`${P99} <= baseline`, earlier(renamed))).toEqual(['pass', 'pass']);
  });
});

describe('malformed gates', () => {
  it.each([
    [
      'latency.operation.p99 <= 5',
      /^--gate: unknown metric latency.operation.p99; did you mean latency.operation.p99_ns\?/,
    ],
    [`${P99}`, /^--gate: expected METRIC <= LIMIT/],
    [`${P99} <= fast`, /^--gate: expected a number, or a multiple/],
    [`${P99} <= NaN`, /^--gate: expected a number, or a multiple/],
    [`${P99} <= 0x baseline`, /^--gate: expected a factor above 0/],
    ['amplification.exits <= 5us', /^--gate: expected a number for a metric in count/],
    ['amplification.guest_commands within 5% of baseline', /neither better nor worse/],
    [`${P99} within 5 of baseline`, /^--gate: expected a limit such as: within 5% of baseline/],
  ])('%s', (gate, sentence) => {
    expect(() => parseGate(gate, '--gate')).toThrow(UsageError);
    expect(() => parseGate(gate, '--gate')).toThrow(sentence);
  });

  it('a strategy without results', () => {
    expect(() => verdicts(`${P99} <= 5 for natve`)).toThrow('no result of natve; did you mean native?');
  });

  it('files', () => {
    expect(parseGateFile(`gates: ["${P99} <= 5us"]`, 'g.yaml')).toHaveLength(1);
    expect(() => parseGateFile(`gates: ["${P99} <= 5us", "x <= 1"]`, 'g.yaml')).toThrow(
      'g.yaml, gate 2: unknown metric x',
    );
    expect(() => parseGateFile('gates: []', 'g.yaml')).toThrow('g.yaml: expected YAML with the key gates');
    expect(() => parseGateFile('gate: [a]', 'g.yaml')).toThrow('g.yaml: expected YAML with the key gates');
    expect(() => parseGateFile('gates: [', 'g.yaml')).toThrow(/^g\.yaml:\d+: expected YAML/);
  });
});

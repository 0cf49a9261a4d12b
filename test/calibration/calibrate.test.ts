/**
 * Calibration tier: does the command write a profile that reproduces its fit, and does it refuse what it cannot use?
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { CalibrationDocument } from '../../src/calibration/document.js';
import { explainStrategy } from '../../src/explain/explain-strategy.js';
import { loadProfile } from '../../src/profiles/load.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { runCli, Sandbox } from '../support/cli.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

const HEADER = 'strategy,commands,latency_ns,count';
const points = (name: string, ...rows: string[]) => sandbox.write(name, `${[HEADER, ...rows].join('\n')}\n`);

describe('calibrate', () => {
  it('writes a profile that loads and gives the predicted latencies, with hash and intervals', async () => {
    const set = ['software.mmio_exit_user_ns=5000', 'smmu.exec_tlbi_ns=900'];
    const sizes = [1, 2, 4, 8, 16, 32];
    const truth = explainStrategy(resolveStrategies(['ioctl'])[0], loadProfile('neoverse-mmu700', set), sizes);
    const file = points('points.csv', ...truth.sizes.map((size) => `ioctl,${size.commands},${size.totalNs},3`));
    const out = sandbox.path('fitted.yaml');
    const fit = ['--fit', 'software.mmio_exit_user_ns,smmu.exec_tlbi_ns'];
    const { code, stderr, stdout } = await runCli(['calibrate', file, ...fit, '--profile-out', out, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const document = JSON.parse(stdout) as CalibrationDocument;
    expect(document.parameters.map(({ value_ns }) => value_ns)).toEqual([5000, 900]);
    expect(document.parts.map(({ part, errors }) => [part, errors[0].p90_absolute_error])).toEqual([
      ['fit', 0],
      ['holdout', 0],
    ]);
    const profile = loadProfile(out);
    const { tag, source } = profile.parameter('smmu.exec_tlbi_ns');
    expect(tag).toBe('C');
    expect(source).toContain(document.provenance.measured[0].sha256);
    expect(source).toMatch(/95 % interval \d+ to \d+ ns/);
    expect(
      explainStrategy(resolveStrategies(['ioctl'])[0], profile, sizes).sizes.map(({ totalNs }) => totalNs),
    ).toEqual(truth.sizes.map(({ totalNs }) => totalNs));
    const again = await runCli(['calibrate', file, ...fit, '--json']);
    expect(again.stdout).toBe(stdout);
  });

  it.each([
    ['one point', () => [points('one.csv', 'ioctl,1,5000,')], 4, 'at least 2 measurements in the part that is fitted'],
    ['no points', () => [points('none.csv')], 4, 'expected at least one measured point, found none'],
    ['no latency', () => [points('cell.csv', 'ioctl,1,,')], 4, 'cell.csv:2: expected latency_ns'],
    ['an unknown strategy', () => [points('who.csv', 'iocll,1,5,')], 4, 'who.csv:2: expected a strategy'],
    ['a trace without --strategy', () => ['traces/csv/strict-unmap.csv'], 4, '(a trace needs --strategy)'],
    [
      'a trace without completions',
      () => ['traces/bigsg-strict.qemu-7.2.log.xz', '--limit', '2000', '--strategy', 'ioctl'],
      4,
      'expected submissions with a recorded completion, found none',
    ],
    [
      'collinear parameters',
      () => [
        points('two.csv', 'ioctl,1,5000,', 'ioctl,1,5100,', 'ioctl,9,9000,', 'ioctl,9,9100,'),
        '--fit',
        'software.mmio_exit_user_ns,software.vmm_dispatch_ns',
      ],
      2,
      'whose effect on them is the same as software.mmio_exit_user_ns',
    ],
    ['--limit without a trace', () => [points('few.csv', 'ioctl,1,5,'), '--limit', '9'], 2, '--strategy NAME'],
  ])('refuses %s in one sentence', async (_what, args, exitCode, sentence) => {
    const out = sandbox.path('never.yaml');
    const { code, stdout, stderr } = await runCli(['calibrate', ...args(), '--profile-out', out]);
    expect(stderr).toContain(sentence);
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([exitCode, '', 1]);
    expect(sandbox.list().filter((name) => name.includes('never'))).toEqual([]);
  });

  it('a recorded ftrace: held-out errors are told, with the spread of equal submissions beside them', async () => {
    const trace = 'traces/rebind-strict.ftrace.txt.xz';
    const { code, stdout } = await runCli(['calibrate', trace, '--strategy', 'docs/examples/emulated.mjs', '--json']);
    expect(code).toBe(0);
    const { provenance, parts } = JSON.parse(stdout) as CalibrationDocument;
    const { measurements, left_out } = provenance.measured[0];
    // 3,439 calls, 12 of them without CMD_SYNC.
    expect(measurements + Object.values(left_out ?? {}).reduce((sum, count) => sum + count, 0)).toBe(3439);
    const [held] = parts.filter(({ part }) => part === 'holdout').flatMap(({ errors }) => errors);
    expect(Math.abs(held.median_absolute_error - held.median_spread)).toBeLessThan(0.05);
  });
});

/**
 * Calibration tier: does the command write a profile that reproduces its fit, and does it refuse what it cannot use?
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CalibrationDocument } from '../../src/calibration/document.js';
import { explainStrategy } from '../../src/explain/explain-strategy.js';
import { loadProfile } from '../../src/profiles/load.js';
import { type CalibrationOptions, calibrate } from '../../src/session/calibrate.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { TraceFormatError, UsageError } from '../../src/trace/errors.js';
import { ROOT, runCli, Sandbox } from '../support/cli.js';
import { replayThrough } from '../support/replay-harness.js';
import { oneSubmission } from '../support/trace-builder.js';
import { WarmCli } from '../support/warm-cli.js';

const sandbox = new Sandbox();
const warm = new WarmCli();
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});

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
    const { code, stderr, stdout } = await warm.run(['calibrate', file, ...fit, '--profile-out', out, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const document = JSON.parse(stdout) as CalibrationDocument;
    expect(document.parameters.map(({ value_ns, status }) => [value_ns, status])).toEqual([
      [5000, 'fitted'],
      [900, 'fitted'],
    ]);
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
    const shown = await warm.run(['profiles', 'show', out]);
    expect(shown.stdout).toMatch(/smmu\.exec_tlbi_ns +900 +ns +C/);
    const again = await runCli(['calibrate', file, ...fit, '--json']);
    expect(again.stdout).toBe(stdout);
  });

  it.each([
    ['a row with too few cells', () => [points('cut.csv', 'ioctl,1,5,', 'ioctl,1')], 4, 'cut.csv:3: expected'],
    ['no such file', () => ['nowhere.csv'], 2, 'nowhere.csv'],
    [
      'an unknown parameter',
      () => [points('a.csv', 'ioctl,1,5,'), '--fit', 'smmu.exec_tlb_ns'],
      2,
      'mean smmu.exec_tlbi_ns?',
    ],
    ['--limit without a trace', () => [points('few.csv', 'ioctl,1,5,'), '--limit', '9'], 2, '--strategy NAME'],
  ])('refuses %s in one sentence', async (_what, args, exitCode, sentence) => {
    const out = sandbox.path('never.yaml');
    const { code, stdout, stderr } = await warm.run(['calibrate', ...args(), '--profile-out', out]);
    expect(stderr).toContain(sentence);
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([exitCode, '', 1]);
    expect(sandbox.list().filter((name) => name.includes('never'))).toEqual([]);
  });

  const STANDARD: CalibrationOptions = {
    profile: 'neoverse-mmu700',
    set: [],
    strategy: undefined,
    fit: [],
    predict: [],
    share: 0.5,
    split: 'interleaved',
    centre: 'midmean',
    lenient: false,
    format: undefined,
    limit: undefined,
  };

  it.each<[string, () => string, Partial<CalibrationOptions>, typeof UsageError | typeof TraceFormatError, string]>([
    [
      'one point',
      () => points('one.csv', 'ioctl,1,5000,'),
      {},
      TraceFormatError,
      'at least 2 measurements in the part that is fitted',
    ],
    ['no points', () => points('none.csv'), {}, TraceFormatError, 'expected at least one measured point, found none'],
    ['no latency', () => points('cell.csv', 'ioctl,1,,'), {}, TraceFormatError, 'cell.csv:2: expected latency_ns'],
    [
      'a latency of zero',
      () => points('zero.csv', 'ioctl,1,0,'),
      {},
      TraceFormatError,
      'zero.csv:2: expected latency_ns as an integer from 1',
    ],
    [
      'an unknown strategy',
      () => points('who.csv', 'iocll,1,5,'),
      {},
      TraceFormatError,
      'who.csv:2: expected a strategy',
    ],
    [
      'an unknown column',
      () => sandbox.write('column.csv', 'strategy,commands,latency_ns,cuont\n'),
      {},
      TraceFormatError,
      'column.csv:1: expected columns strategy, commands, latency_ns, count or x_…, found cuont; did you mean count?',
    ],
    [
      'a trace without --strategy',
      () => 'traces/csv/strict-unmap.csv',
      {},
      TraceFormatError,
      '(a trace needs --strategy)',
    ],
    [
      'a trace without completions',
      () => 'traces/bigsg-strict.qemu-7.2.log.xz',
      { strategy: 'ioctl', limit: 2000 },
      TraceFormatError,
      'expected submissions with a recorded completion, found none',
    ],
    [
      'parameters without effect',
      () => points('two.csv', 'ioctl,1,5000,', 'ioctl,9,9000,'),
      { share: 1, fit: ['software.worker_wake_ns'] },
      UsageError,
      'found software.worker_wake_ns (it changes none of the measured latencies)',
    ],
    [
      'code that the points name',
      () => points('code.csv', 'ioctl,1,5000,', 'docs/examples/emulated.mjs,9,9000,'),
      {},
      UsageError,
      'code.csv:3: strategy: expected --allow-code for code that measured points name (it runs with your rights), found docs/examples/emulated.mjs without it',
    ],
  ])('refuses %s', async (_what, file, options, kind, sentence) => {
    const refused = calibrate(file(), { ...STANDARD, ...options });
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toBeInstanceOf(kind);
  });

  it('says what is undetermined and what is at its bound, and writes only what was fitted', async () => {
    const rows = [1, 1, 8, 8].map((size, at) => `ioctl,${size},${9000 + at},2`);
    const out = sandbox.path('partly.yaml');
    const keys = ['software.mmio_exit_user_ns', 'software.vmm_dispatch_ns', 'software.vmm_per_cmd_ns'];
    const args = [
      'calibrate',
      points('flat.csv', ...rows),
      '--fit',
      keys.join(','),
      '--share',
      '100',
      '--profile-out',
      out,
    ];
    const { code, stderr, stdout } = await warm.run(args, { env: { COLUMNS: '200' } });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(
      'vmm_dispatch_ns: undetermined, its effect on the measured latencies is the same as that of',
    );
    expect(stdout).toMatch(
      /mmio_exit_user_ns: the fit overwrites a value that is no estimate: 1,683 ns, tag V, kvm-unit/,
    );
    expect(stdout).not.toMatch(/vmm_per_cmd_ns: the fit overwrites/);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'no measured operation tells software.vmm_dispatch_ns from software.mmio_exit_user_ns; to tell, measure TLBI_NH_VA + CMD_SYNC on ',
    );
    expect(stdout).toContain('vmm_per_cmd_ns: at its bound, as the measurements ask for a value beyond 0 ns');
    const [before, after] = [loadProfile('neoverse-mmu700'), loadProfile(out)];
    expect(keys.map((key) => after.parameter(key).tag)).toEqual(['C', before.parameter(keys[1]).tag, 'C']);
    expect(after.parameter(keys[1])).toEqual(before.parameter(keys[1]));
    expect(after.parameter(keys[2])).toMatchObject({ value: 0, source: expect.stringContaining('at its bound') });
  });

  it('a recorded ftrace: held-out errors are told, with the spread of equal submissions beside them', async () => {
    const trace = 'traces/rebind-strict.ftrace.txt.xz';
    const { code, stdout } = await warm.run(['calibrate', trace, '--strategy', 'docs/examples/emulated.mjs', '--json']);
    expect(code).toBe(0);
    const { provenance, parts } = JSON.parse(stdout) as CalibrationDocument;
    const { measurements, left_out, includes_tracing } = provenance.measured[0];
    expect(includes_tracing).toBe(false);
    // 3,439 calls, 12 of them without CMD_SYNC.
    expect(measurements + Object.values(left_out ?? {}).reduce((sum, count) => sum + count, 0)).toBe(3439);
    const [held] = parts.filter(({ part }) => part === 'holdout').flatMap(({ errors }) => errors);
    const figures = [held.median_absolute_error, held.p90_absolute_error, held.median_spread, held.p90_spread];
    const row = figures.map((share) => `${(100 * share).toFixed(1)} %`).join(' | ');
    const page = readFileSync(join(ROOT, 'docs/calibrate.md'), 'utf8');
    expect(page).toContain(`| every second of \`rebind-strict\` | the others | ${row} |`);
  });

  it('of a run that QEMU logged every report says that the latencies contain the tracing', async () => {
    const log = 'traces/rebind-strict.qemu-7.2.log.xz';
    const profile = sandbox.path('logged.yaml');
    const saved = sandbox.path('logged.json');
    const run = ['calibrate', log, '--strategy', 'docs/examples/emulated.mjs', '--limit', '9000'];
    const { code } = await warm.run([...run, '--profile-out', profile, '--json', '--output', saved]);
    expect(code).toBe(0);
    const document = JSON.parse(readFileSync(saved, 'utf8')) as CalibrationDocument;
    expect(document.provenance.measured[0]).toMatchObject({ includes_tracing: true, latencies_from: null });
    const { stdout: table } = await warm.run(['report', saved]);
    expect(table.replace(/\s+/g, ' ')).toContain(
      'rebind-strict.qemu-7.2.log.xz: recorded latencies contain the tracing itself: QEMU prints its lines while the guest waits',
    );
    const { stdout: csv } = await warm.run(['report', saved, '--reporter', 'csv']);
    const [heading, ...rows] = csv.trim().split(/\r?\n/);
    expect(heading).toMatch(/,includes_tracing$/);
    expect(rows.filter((row) => !row.endsWith(',true'))).toEqual([]);
    expect(readFileSync(profile, 'utf8')).toContain('latencies with the tracing itself');
  });

  it('--with prefers the latencies of the guest’s ftrace to those of the log', async () => {
    const [log, ftrace] = ['traces/rebind-strict.qemu-7.2.log.xz', 'traces/rebind-strict.ftrace.txt.xz'];
    const run = ['calibrate', log, '--with', ftrace, '--strategy', 'docs/examples/emulated.mjs', '--json'];
    const { provenance, parts } = JSON.parse(
      (await warm.run([...run, '--limit', '9000'])).stdout,
    ) as CalibrationDocument;
    expect(provenance.measured[0]).toMatchObject({
      includes_tracing: true,
      latencies_from: 'rebind-strict.ftrace.txt.xz',
    });
    // One TLBI and its SYNC: 14 us between the lines of the log, 26 us from entry to return of the driver's function.
    const [usual] = parts[0].residuals
      .filter(({ commands }) => commands === 1)
      .sort((a, b) => b.measurements - a.measurements);
    expect(usual.median_ns).toBeGreaterThan(20_000);
  });

  it('what is calibrated counts as no estimate in a replay', async () => {
    const [key, trace] = ['software.mmio_exit_user_ns', oneSubmission(8)];
    const profile = loadProfile('neoverse-mmu700');
    const share = async (tag: 'E' | 'C') =>
      (await replayThrough(trace, 'ioctl', { profile: profile.withValues(new Map([[key, { tag }]])) })).result.latency
        .estimate_share;
    const [estimated, calibrated] = [await share('E'), await share('C')];
    const { steps } = explainStrategy(resolveStrategies(['ioctl'])[0], profile, [8]);
    const sum = (some: typeof steps) => some.reduce((total, { ns }) => total + ns[0], 0);
    const inputs = steps.filter(({ parameter }) => parameter !== undefined);
    const ofKey = inputs.filter(({ parameter }) => parameter === key);
    expect(estimated - calibrated).toBeCloseTo(sum(ofKey) / sum(inputs), 12);
  });
});

/**
 * Calibration tier: are parameters found again that a path was measured with, and is what cannot be found refused?
 */
import { afterAll, describe, expect, it } from 'vitest';
import { centresOf } from '../../src/calibration/centres.js';
import { fitPath } from '../../src/calibration/fit.js';
import { CHARGED, checkKeys, defaultKeys, undeterminedReasons } from '../../src/calibration/identifiability.js';
import { type Measurement, predictNs, type Shape, Shapes } from '../../src/calibration/measurement.js';
import { PathModel } from '../../src/calibration/path-model.js';
import { residualsInOrder } from '../../src/calibration/prediction-error.js';
import { effectsOf } from '../../src/calibration/separation.js';
import { splitMeasurements } from '../../src/calibration/split.js';
import { loadProfile } from '../../src/profiles/load.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { unmapSubmission } from '../../src/strategies/user/trial.js';
import { encodeCommand } from '../../src/trace/command.js';
import { Opcode } from '../../src/trace/opcodes.js';
import { Sandbox } from '../support/cli.js';
import { noisy, replayed, SIZES } from './synthetic.js';

const profile = loadProfile('neoverse-mmu700');
const EXACT = { share: 0, memory: 0 };
/** Measurements of `shape`, in order. */
const of = (shape: number, ...latenciesNs: number[]): Measurement[] =>
  latenciesNs.map((latencyNs, position) => ({ shape, latencyNs, count: 1, position }));

describe('parameters are found again from replays', () => {
  it.each([
    ['ioctl', { 'software.mmio_exit_user_ns': 9001, 'software.syscall_ioctl_ns': 777 }],
    ['native', { 'smmu.exec_tlbi_ns': 311, 'smmu.sync_complete_ns': 40 }],
    ['sw-vcmdq', { 'software.worker_wake_ns': 12_345, 'smmu.exec_tlbi_ns': 17 }],
    ['ioctl-batched', { 'software.vmm_per_cmd_ns': 1, 'software.vmm_dispatch_ns': 100_000 }],
  ])('%s', async (spec, truth) => {
    const shapes = new Shapes(profile);
    const set = Object.entries(truth).map(([key, value]) => `${key}=${value}`);
    const measurements = noisy(await replayed(spec, set, shapes), 2 * SIZES.length, EXACT, 1);
    const keys = Object.keys(truth);
    const fit = fitPath(new PathModel(shapes.all, profile, keys), measurements, 'midmean', true).values;
    expect(Object.fromEntries(keys.map((key, at) => [key, fit[at].valueNs]))).toEqual(truth);
    for (const { status, valueNs, intervalNs } of fit) {
      expect(status).toBe('fitted');
      expect(intervalNs![0]).toBeGreaterThanOrEqual(valueNs - 1);
      expect(intervalNs![1]).toBeLessThanOrEqual(valueNs + 1);
    }
  });

  it('a single shape gives one parameter', async () => {
    const shapes = new Shapes(profile);
    const [one] = await replayed('ioctl', ['software.vmm_dispatch_ns=4321'], shapes);
    const model = new PathModel(shapes.all, profile, ['software.vmm_dispatch_ns']);
    expect(fitPath(model, [one, one], 'mean', true).values[0].valueNs).toBe(4321);
  });
});

describe('a parameter that would pass its bound', () => {
  const EXIT = 'software.mmio_exit_user_ns';
  const VMM = 'software.vmm_per_cmd_ns';
  const shapes = new Shapes(profile);
  const [ioctl] = resolveStrategies(['ioctl']);
  const [small, large] = [1, 64].map((size) => shapes.of(ioctl, unmapSubmission(size)));
  // The large submission is faster than any path with commands that cost nothing in the VMM.
  const free = shapes.all.map((shape) => predictNs(shape, profile.withValues(new Map([[VMM, { value: 0 }]]))));
  const measurements = [
    ...of(small, free[small] * 1.3, free[small] * 1.3),
    ...of(large, free[large] - 9, free[large] - 11),
  ];

  it('is fixed there, and the others are fitted as if it had never been free', () => {
    const [exit, vmm] = fitPath(new PathModel(shapes.all, profile, [EXIT, VMM]), measurements, 'mean', false).values;
    expect(vmm).toEqual({ valueNs: 0, status: 'at-bound', intervalNs: undefined, reason: undefined });
    const without = profile.withValues(new Map([[VMM, { value: 0 }]]));
    const [alone] = fitPath(new PathModel(shapes.all, without, [EXIT]), measurements, 'mean', false).values;
    expect(exit).toEqual(alone);
    // A search that is only clipped stops where exit makes up for a vmm_per_cmd below zero.
    expect(exit.valueNs).toBeLessThan(profile.number(EXIT) + 0.3 * free[small]);
    const squares = (exitNs: number) => {
      const walked = new PathModel(shapes.all, without, [EXIT]).predict([exitNs]);
      return centresOf(measurements, 'mean').reduce((sum, { shape, ns }) => sum + Math.log(walked[shape] / ns) ** 2, 0);
    };
    for (const aside of [-3, 3]) expect(squares(exit.valueNs)).toBeLessThan(squares(exit.valueNs + aside));
  });

  it('comes back when the others are where they belong', () => {
    // The search begins with vmm_per_cmd at its bound.
    const from = profile.withValues(new Map([[VMM, { value: 0 }]]));
    const truth = profile.withValues(
      new Map([
        [VMM, { value: 333 }],
        [EXIT, { value: 500 }],
      ]),
    );
    const exact = [small, large].flatMap((shape) => of(shape, predictNs(shapes.all[shape], truth)));
    const fit = fitPath(new PathModel(shapes.all, from, [EXIT, VMM]), [...exact, ...exact], 'mean', false).values;
    expect(fit.map(({ valueNs, status }) => [valueNs, status])).toEqual([
      [500, 'fitted'],
      [333, 'fitted'],
    ]);
  });
});

describe('parameters that cannot be told apart', () => {
  const shapes = new Shapes(profile);
  const [ioctl] = resolveStrategies(['ioctl']);
  for (const size of SIZES) shapes.of(ioctl, unmapSubmission(size));
  const typicalNs = shapes.all.map((shape) => predictNs(shape, profile));
  const measurements = shapes.all.flatMap((_, shape) => of(shape, typicalNs[shape] * 2, typicalNs[shape] * 2));
  const fitted = (...keys: string[]) =>
    fitPath(new PathModel(shapes.all, profile, keys), measurements, 'mean', false).values;

  it('are undetermined, with the reason, and keep their value', () => {
    const [exit, dispatch] = fitted('software.mmio_exit_user_ns', 'software.vmm_dispatch_ns');
    expect(exit.status).toBe('fitted');
    expect(dispatch).toEqual({
      valueNs: profile.number('software.vmm_dispatch_ns'),
      status: 'undetermined',
      intervalNs: undefined,
      reason: 'its effect on the measured latencies is the same as that of software.mmio_exit_user_ns',
    });
    const effects = [
      { key: 'a', parts: [1, 1, 1] },
      { key: 'b', parts: [1, 2, 8] },
      { key: 'c', parts: [4, 5, 11] },
    ];
    expect(undeterminedReasons(effects)).toEqual([
      undefined,
      undefined,
      'its effect on the measured latencies is made up of those of a and b',
    ]);
    expect(fitted('software.worker_wake_ns')[0].reason).toBe('it changes none of the measured latencies');
  });

  const defaultsFor = (measured: readonly Shape[], latenciesNs: readonly number[]) =>
    defaultKeys(effectsOf(measured, profile, CHARGED, latenciesNs), profile, 2);

  it('are never a default', () => {
    const keys = defaultsFor(shapes.all, typicalNs);
    expect(keys).toHaveLength(2);
    for (const { status } of fitted(...keys)) expect(status).not.toBe('undetermined');
    expect(defaultsFor(shapes.all.slice(0, 1), typicalNs.slice(0, 1))).toHaveLength(1);
  });

  it('names that are no parameters are refused', () => {
    const check = (...keys: string[]) => checkKeys(keys, profile);
    expect(() => check('smmu.cmdq_log2')).toThrow('expected parameters in ns, found smmu.cmdq_log2 (log2 entries)');
    expect(() => check('software.vmm_dispach_ns')).toThrow('did you mean software.vmm_dispatch_ns?');
    expect(() => check('smmu.exec_tlbi_ns', 'smmu.exec_tlbi_ns')).toThrow('found smmu.exec_tlbi_ns twice');
  });
});

describe('what stands for equal submissions', () => {
  it('is the mean of the middle half, or of all; rows count as often as they say', () => {
    const latencies = of(0, 10, 20, 30, 40, 50, 60, 70, 8000);
    expect(centresOf(latencies, 'midmean')[0].ns).toBe(45);
    expect(centresOf(latencies, 'mean')[0].ns).toBe(1035);
    const rows = [10, 20, 99].map((latencyNs, position) => ({
      shape: 3,
      latencyNs,
      count: [3, 4, 1][position],
      position,
    }));
    expect(centresOf(rows, 'midmean')[0]).toMatchObject({ shape: 3, count: 8, ns: 17.5 });
  });

  it('moves with a measurement as its influence says', () => {
    const latencies = Array.from({ length: 1001 }, (_, at) => 1000 + at * at);
    const [centre] = centresOf(of(0, ...latencies), 'midmean');
    const sum = latencies.reduce((total, latencyNs) => total + centre.influenceNs(latencyNs), 0);
    expect(sum).toBeCloseTo(0, 4);
    // A few far above move the midmean by their influence over the count.
    const [moved] = centresOf(of(0, ...latencies, 1e7, 1e7, 1e7, 1e7), 'midmean');
    expect((moved.ns - centre.ns) / ((4 * centre.influenceNs(1e7)) / 1005)).toBeCloseTo(1, 1);
  });
});

describe('residuals in order', () => {
  it('are runs of consecutive measurements with nothing lost', () => {
    const slices = residualsInOrder(of(0, ...Array.from({ length: 40 }, (_, at) => (at < 20 ? 100 : 150))), [100]);
    expect(slices.map(({ median_residual }) => median_residual)).toEqual([...Array(7).fill(0), ...Array(7).fill(0.5)]);
    expect([slices[0].first, slices.at(-1)?.last]).toEqual([1, 40]);
    for (const [at, { first }] of slices.slice(1).entries()) expect(first).toBe(slices[at].last + 1);
  });
});

describe('the split', () => {
  const shapes = new Shapes(profile);
  const [native] = resolveStrategies(['native']);
  const measurements = Array.from({ length: 30 }, (_, at) => ({
    shape: shapes.of(native, unmapSubmission(SIZES[at % 3])),
    latencyNs: 1000 + at,
    count: 1,
    position: at,
  }));

  it('interleaved holds every size on both sides and loses nothing', () => {
    const { fit, rest } = splitMeasurements(measurements, shapes, 0.5, 'interleaved');
    expect(fit).toHaveLength(15);
    expect(new Set([...fit, ...rest])).toEqual(new Set(measurements));
    for (const part of [fit, rest]) expect(new Set(part.map(({ shape }) => shape)).size).toBe(3);
    expect(splitMeasurements(measurements, shapes, 0.5, 'interleaved')).toEqual({ fit, rest });
  });

  it('ordered fits the beginning', () => {
    const { fit, rest } = splitMeasurements(measurements, shapes, 0.2, 'ordered');
    expect(fit).toEqual(measurements.slice(0, 6));
    expect(rest).toEqual(measurements.slice(6));
  });
});

describe('the sums of costs that a fit searches on', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.remove());

  it('are what the machine says, wherever the parameters go', () => {
    const shapes = new Shapes(profile);
    for (const spec of ['ioctl', 'sw-vcmdq:worker=poll', 'hw-vcmdq', 'docs/examples/gathering-ring.mjs']) {
      for (const size of SIZES) shapes.of(resolveStrategies([spec])[0], unmapSubmission(size));
    }
    const keys = ['software.kthread_poll_period_ns', 'smmu.exec_tlbi_ns'];
    const model = new PathModel(shapes.all, profile, keys);
    for (const values of [
      [0, 0],
      [1, 999_999],
      [77_777, 3],
    ]) {
      const there = profile.withValues(new Map(keys.map((key, at) => [key, { value: values[at] }])));
      expect(model.predict(values)).toEqual(shapes.all.map((shape) => predictNs(shape, there)));
      expect(model.holdsAt(values)).toBe(true);
    }
  });

  it('are none where a SYNC waits for a device', () => {
    const atc = [...unmapSubmission(1).slice(0, 1), encodeCommand(Opcode.ATC_INV, { SID: 8, SIZE: 0, ADDR: 1 })];
    const shapes = new Shapes(profile);
    shapes.of(resolveStrategies(['native'])[0], [...atc, encodeCommand(Opcode.SYNC)]);
    const [rtt] = new PathModel(shapes.all, profile, ['atc.rtt_ns']).slopes([profile.number('atc.rtt_ns')]);
    expect(rtt).toEqual([1]);
  });

  it('are given up where a strategy makes something else of a parameter, and the fit is still right', () => {
    // Its own time rests on the parameter: no sum of units knows that.
    const file = sandbox.write(
      'derived.mjs',
      `export default ({ forwardNested, issueInBlocks, noWorker }) => ({
        name: 'derived', summary: 'x', defaultAtc: 'vsid', walkStage: 'nested', options: [],
        create: ({ parameter }) => ({
          ...noWorker, queueCount: 1, forward: forwardNested,
          submit(rows, path) {
            path.trapToVmm();
            path.spend(3 * parameter('software.mmio_exit_user_ns'), 'own');
            for (let row = 0; row < rows.guestCount; row++) if (rows.hostCount[row] === 0) path.effect(row);
            issueInBlocks(path, 0, rows.hostCountTotal);
            path.returnToGuest();
          },
        }),
      });`,
    );
    const shapes = new Shapes(profile);
    const shape = shapes.of(resolveStrategies([file])[0], unmapSubmission(1));
    const key = 'software.mmio_exit_user_ns';
    const truth = profile.withValues(new Map([[key, { value: 6000 }]]));
    const measured = predictNs(shapes.all[shape], truth);
    const [exit] = fitPath(
      new PathModel(shapes.all, profile, [key]),
      of(shape, measured, measured),
      'mean',
      false,
    ).values;
    expect(exit.valueNs).toBe(6000);
  });
});

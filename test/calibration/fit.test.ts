/**
 * Calibration tier: are parameters found again that a path was measured with, and is what cannot be found refused?
 */
import { describe, expect, it } from 'vitest';
import { fitPath } from '../../src/calibration/fit.js';
import { checkedKeys, defaultKeys } from '../../src/calibration/identifiability.js';
import { type Measurement, predictNs, Shapes } from '../../src/calibration/measurement.js';
import { PathModel } from '../../src/calibration/path-model.js';
import { splitMeasurements } from '../../src/calibration/split.js';
import { loadProfile } from '../../src/profiles/load.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { unmapSubmission } from '../../src/strategies/user/trial.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission } from '../support/trace-builder.js';

const SIZES = [1, 2, 8, 64];

/** Submissions of SIZES replayed through `spec` on the default profile with `set`. */
async function replayed(spec: string, set: readonly string[], shapes: Shapes): Promise<Measurement[]> {
  const [choice] = resolveStrategies([spec]);
  const measurements: Measurement[] = [];
  for (const size of SIZES) {
    const latencyNs = onlyLatencyNs(await replayThrough(oneSubmission(size), spec, { set }));
    measurements.push({ shape: shapes.of(choice, unmapSubmission(size)), latencyNs, count: 1 });
  }
  return measurements;
}

describe('parameters are found again from replays', () => {
  it.each([
    ['ioctl', { 'software.mmio_exit_user_ns': 9001, 'software.syscall_ioctl_ns': 777 }],
    ['native', { 'smmu.exec_tlbi_ns': 311, 'smmu.sync_complete_ns': 40 }],
    ['sw-vcmdq', { 'software.worker_wake_ns': 12_345, 'smmu.exec_tlbi_ns': 17 }],
    ['ioctl-batched', { 'software.vmm_per_cmd_ns': 1, 'software.vmm_dispatch_ns': 100_000 }],
  ])('%s', async (spec, truth) => {
    const profile = loadProfile('neoverse-mmu700');
    const shapes = new Shapes(profile);
    const set = Object.entries(truth).map(([key, value]) => `${key}=${value}`);
    const measurements = await replayed(spec, set, shapes);
    const keys = Object.keys(truth);
    const { valuesNs, intervalsNs } = fitPath(new PathModel(shapes.all, profile, keys), measurements, 'median', 1);
    expect(Object.fromEntries(keys.map((key, at) => [key, valuesNs[at]]))).toEqual(truth);
    for (const [at, [low, high]] of intervalsNs.entries()) {
      expect(low).toBeLessThanOrEqual(valuesNs[at]);
      expect(high).toBeGreaterThanOrEqual(valuesNs[at]);
    }
  });

  it('a single shape gives one parameter', async () => {
    const profile = loadProfile('neoverse-mmu700');
    const shapes = new Shapes(profile);
    const [one] = await replayed('ioctl', ['software.vmm_dispatch_ns=4321'], shapes);
    const model = new PathModel(shapes.all, profile, ['software.vmm_dispatch_ns']);
    expect(fitPath(model, [one, one], 'mean', 1).valuesNs).toEqual([4321]);
  });
});

describe('parameters that cannot be told apart', () => {
  const profile = loadProfile('neoverse-mmu700');
  const shapes = new Shapes(profile);
  const [ioctl] = resolveStrategies(['ioctl']);
  for (const size of SIZES) shapes.of(ioctl, unmapSubmission(size));
  const typicalNs = shapes.all.map((shape) => predictNs(shape, profile));
  const check = (...keys: string[]) => checkedKeys(keys, shapes.all, typicalNs, profile);

  it('are refused, with the reason', () => {
    expect(() => check('software.mmio_exit_user_ns', 'software.vmm_dispatch_ns')).toThrow(
      'found software.vmm_dispatch_ns, whose effect on them is the same as software.mmio_exit_user_ns',
    );
    expect(() => check('software.mmio_exit_user_ns', 'smmu.mem_latency_ns', 'software.vmm_per_cmd_ns')).toThrow(
      'found software.vmm_per_cmd_ns, whose effect on them is',
    );
    expect(() => check('software.worker_wake_ns')).toThrow('found software.worker_wake_ns, which changes none of them');
    expect(() => check('smmu.cmdq_log2')).toThrow('expected parameters in ns, found smmu.cmdq_log2 (log2 entries)');
    expect(() => check('software.vmm_dispach_ns')).toThrow('did you mean software.vmm_dispatch_ns?');
    expect(() => check('smmu.exec_tlbi_ns', 'smmu.exec_tlbi_ns')).toThrow('found smmu.exec_tlbi_ns twice');
  });

  it('are never a default', () => {
    const keys = defaultKeys(shapes.all, typicalNs, profile, 2);
    expect(keys).toHaveLength(2);
    expect(check(...keys)).toEqual(keys);
    expect(defaultKeys(shapes.all.slice(0, 1), typicalNs.slice(0, 1), profile, 2)).toHaveLength(1);
  });
});

describe('the split', () => {
  const shapes = new Shapes(loadProfile('neoverse-mmu700'));
  const [native] = resolveStrategies(['native']);
  const measurements = Array.from({ length: 30 }, (_, at) => ({
    shape: shapes.of(native, unmapSubmission(SIZES[at % 3])),
    latencyNs: 1000 + at,
    count: 1,
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

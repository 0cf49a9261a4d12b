/**
 * Calibration tier: is a model that lacks something told from one that does not, and which operation tells parameters apart?
 */
import { describe, expect, it } from 'vitest';
import { fitPath } from '../../src/calibration/fit.js';
import { CHARGED, defaultKeys } from '../../src/calibration/identifiability.js';
import { type Measurement, predictNs, Shapes } from '../../src/calibration/measurement.js';
import { PathModel } from '../../src/calibration/path-model.js';
import { effectsOf, inseparable } from '../../src/calibration/separation.js';
import { loadProfile } from '../../src/profiles/load.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { unmapSubmission } from '../../src/strategies/user/trial.js';
import { noisy } from './synthetic.js';

const profile = loadProfile('neoverse-mmu700');
const EXIT = 'software.mmio_exit_user_ns';
const DISPATCH = 'software.vmm_dispatch_ns';
const VMM = 'software.vmm_per_cmd_ns';
const [ioctl] = resolveStrategies(['ioctl']);

/** Exact measurements of `sizes` on ioctl. */
function exact(shapes: Shapes, ...sizes: number[]): Measurement[] {
  return sizes.map((size, position) => {
    const shape = shapes.of(ioctl, unmapSubmission(size));
    return { shape, latencyNs: predictNs(shapes.all[shape], profile), count: 1, position };
  });
}

describe('lack of fit', () => {
  const shapes = new Shapes(profile);
  const truth = exact(shapes, 1, 2, 4, 8, 16, 32);
  const model = new PathModel(shapes.all, profile, [EXIT, VMM]);
  const lackOf = (measured: readonly Measurement[], seed: number) =>
    fitPath(model, noisy(measured, 600, { share: 0.02, memory: 0 }, seed), 'mean', true);
  const widthOf = ({ values: [exit] }: ReturnType<typeof lackOf>) => exit.intervalNs![1] - exit.intervalNs![0];

  it('of a right model is seen about as often as the test says', () => {
    const seen = Array.from({ length: 60 }, (_, seed) => lackOf(truth, Math.imul(seed + 1, 0x9e3779b1)).lack.verdict);
    expect(seen.filter((verdict) => verdict === 'lacking').length).toBeLessThan(9);
    expect(new Set(seen)).toContain('adequate');
  });

  it('of a shape that takes a tenth longer is seen, names it, and widens the intervals', () => {
    const off = truth.map((one, at) => (at === 3 ? { ...one, latencyNs: one.latencyNs * 1.1 } : one));
    const found = lackOf(off, 7);
    expect(found.lack.verdict).toBe('lacking');
    expect(found.lack.scatter).toBeGreaterThan(3);
    expect(found.lack.p).toBeLessThan(0.001);
    expect(found.lack.misfits[0].shape).toBe(truth[3].shape);
    expect(found.lack.misfits[0].standardErrors).toBeGreaterThan(3);
    expect(widthOf(found)).toBeGreaterThan(3 * widthOf(lackOf(truth, 7)));
  });

  it('is not tested where nothing is left to test it with', () => {
    const few = truth.slice(0, 2).flatMap((one) => [one, { ...one, latencyNs: one.latencyNs + 90 }]);
    expect(fitPath(model, few, 'mean', false).lack.verdict).toBe('untested');
    expect(fitPath(model, truth, 'mean', false).lack.verdict).toBe('no-replicates');
    // A row that stands for a thousand measurements tells nothing of how they scatter.
    const bent = truth.map((one, at) => ({ ...one, latencyNs: one.latencyNs * (at % 2 === 0 ? 1.05 : 0.95) }));
    const once = fitPath(model, bent, 'mean', false);
    const often = fitPath(
      model,
      bent.map((one) => ({ ...one, count: 1000 })),
      'mean',
      false,
    );
    expect(often.lack.verdict).toBe('no-replicates');
    expect(often.values[0].intervalNs).toEqual(once.values[0].intervalNs);
  });
});

describe('parameters that the measured operations cannot tell apart', () => {
  it.each([
    [[EXIT, VMM], [1]],
    [
      [EXIT, DISPATCH],
      [1, 8, 64],
    ],
    [
      [VMM, EXIT, 'software.worker_wake_ns'],
      [1, 8],
    ],
  ])('%s of %s commands: the operation that is named tells them apart', (keys, sizes) => {
    const shapes = new Shapes(profile);
    const measured = exact(shapes, ...sizes);
    const typicalNs = measured.map(({ latencyNs }) => latencyNs);
    const before = fitPath(new PathModel(shapes.all, profile, keys), [...measured, ...measured], 'mean', false);
    const isDetermined = before.values.map(({ status }) => status !== 'undetermined');
    expect(isDetermined.at(-1)).toBe(false);
    const open = inseparable([...shapes.all], typicalNs, profile, keys, isDetermined);
    const { key, measure } = open[0];
    expect(key).toBe(keys.at(-1));
    const [, count = '1'] = /^(?:(\d+) )?TLBI_NH_VA$/.exec(measure!.label)!;
    const [path] = resolveStrategies([measure!.strategy]);
    const shape = shapes.of(path, unmapSubmission(Number(count)));
    const one = { shape, latencyNs: predictNs(shapes.all[shape], profile), count: 1, position: 9 };
    const after = fitPath(new PathModel(shapes.all, profile, keys), [...measured, one, ...measured], 'mean', false);
    expect(after.values.map(({ status }) => status)).toEqual(keys.map(() => 'fitted'));
    expect(after.values.map(({ valueNs }) => valueNs)).toEqual(keys.map((of) => profile.number(of)));
  });

  it('are named beside a fitted parameter that stands for them', () => {
    const shapes = new Shapes(profile);
    const typicalNs = exact(shapes, 1, 8).map(({ latencyNs }) => latencyNs);
    const open = inseparable(shapes.all, typicalNs, profile, [DISPATCH], [true]);
    expect(open.map(({ key, from }) => [key, from])).toContainEqual([EXIT, [DISPATCH]]);
    expect(open.map(({ key }) => key)).not.toContain(VMM);
  });
});

describe('what is fitted by default', () => {
  const shapes = new Shapes(profile);
  const typicalNs = exact(shapes, 1, 8, 64).map(({ latencyNs }) => latencyNs);
  const effects = effectsOf(shapes.all, profile, CHARGED, typicalNs);
  const tagged = (tag: 'V' | 'E') => profile.withValues(new Map(CHARGED.map((key) => [key, { tag } as const])));

  it('are estimates, and what rests on a source only where there is no estimate', () => {
    const chosen = defaultKeys(effects, profile, 2);
    expect(chosen.map((key) => profile.parameter(key).tag)).toEqual(['E', 'E']);
    expect(defaultKeys(effects, tagged('E'), 2)).toContain(EXIT);
    expect(defaultKeys(effects, tagged('V'), 2)).toContain(EXIT);
  });
});

/** Sensitivity: is each row two replays, are draws what they say, and do ranges and probabilities agree with brute force? */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checked } from '../../src/library/checked.js';
import { COMPARE_OPTIONS } from '../../src/library/options.js';
import { runOptions } from '../../src/library/run-options.js';
import { type LoadedProfile, loadProfile, PARAMETER_SPECS } from '../../src/profiles/load.js';
import { profileText } from '../../src/profiles/write.js';
import { type RunOptions, runReplays } from '../../src/session/run.js';
import { jointRange } from '../../src/sweep/joint-range.js';
import { measureSensitivity, type SensitivityQuestion } from '../../src/sweep/sensitivity.js';
import { latinHypercube, variationsOf } from '../../src/sweep/variations.js';
import { tracePath } from '../support/traces.js';
import { temporaryFolder } from './studies.js';

/** One vCPU, nothing that it waits for but its own path. */
const TRACE = tracePath('csv/strict-unmap.csv');

const DEFAULT = runOptions([], checked(COMPARE_OPTIONS, {}));

const ask = (options: Partial<RunOptions>, rest: Partial<SensitivityQuestion> = {}) =>
  measureSensitivity({
    trace: TRACE,
    strategy: 'hw-vcmdq',
    baseline: 'ioctl',
    strategies: [],
    by: 0.5,
    draws: 0,
    jobs: 1,
    ...rest,
    options: { ...DEFAULT, ...options },
  });

/** Mean times of an operation, ns. */
async function meansWith(strategies: string[], options: Partial<RunOptions>): Promise<number[]> {
  const { results } = await runReplays([TRACE], { ...DEFAULT, ...options, strategies });
  return results.map(({ latency }) => latency.operation.mean_ns);
}

/** A file of the default profile of which only `keys` are estimates, with these values, and nothing has a range. */
function profileWith(keys: Readonly<Record<string, number>>): string {
  const profile = loadProfile('neoverse-mmu700');
  const changes = profile.parameters.map(({ key, tag, value }) => {
    const rest = { range: undefined, tag: tag === 'E' ? ('V' as const) : tag };
    return [key, key in keys ? { ...rest, tag: 'E' as const, value: keys[key] } : { ...rest, value }] as const;
  });
  const file = join(temporaryFolder(), 'few.yaml');
  writeFileSync(file, profileText(profile.withValues(new Map(changes)), 'a test'));
  return file;
}

describe('one parameter at a time', () => {
  it('is two replays with --set, and the largest swing is first', async () => {
    const options = { warmup: 4, set: ['software.vmm_dispatch_ns=700'] };
    const { ratio, parameters, not_varied: notVaried, joint, provenance } = await ask(options);
    const ratioWith = async (set: string[]) => {
      const [a, b] = await meansWith(['hw-vcmdq', 'ioctl'], { ...options, set: [...options.set, ...set] });
      return a / b;
    };
    expect(ratio).toBe(await ratioWith([]));
    const most = parameters.find(({ key }) => key === 'smmu.sync_complete_ns')!;
    for (const end of [most.low, most.high]) expect(end.ratio).toBe(await ratioWith([`${most.key}=${end.value}`]));
    expect([most.low.value, most.high.value]).toEqual([Math.round(most.value * 0.5), Math.round(most.value * 1.5)]);
    expect(parameters[0].swing).toBeGreaterThan(0);
    expect(parameters.map(({ swing }) => swing)).toEqual(parameters.map(({ swing }) => swing).sort((x, y) => y - x));
    expect(parameters.length).toBeGreaterThan(20);
    expect(notVaried).toContain('tlb.main.policy');
    expect(joint).toBeUndefined();
    // What the user has set is known; what has a source moves within the range that the profile declares.
    expect(parameters.map(({ key }) => key)).not.toContain('software.vmm_dispatch_ns');
    expect(parameters.find(({ key }) => key === 'software.mmio_exit_user_ns')).toMatchObject({
      low: { value: 1683 },
      high: { value: 2306 },
    });
    expect(provenance.run).toMatchObject({
      warmup_events: 4,
      profile: { overrides: { 'software.vmm_dispatch_ns': 700 } },
    });
  });
});

describe('draws of all parameters', () => {
  it.each(['neoverse-mmu700', 'grace-cmdqv'])('of %s take every slice once and are legal', (name) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (count, seed) => {
        const profile: LoadedProfile = loadProfile(name);
        const { variations } = variationsOf(profile, 0.5);
        const draws = latinHypercube(variations, profile, count, seed);
        expect(draws).toEqual(latinHypercube(variations, profile, count, seed));
        for (const { parameter, low, high } of variations) {
          const values = draws.map((draw) => draw.get(parameter.key)!).sort((a, b) => a - b);
          const { partOf } = PARAMETER_SPECS.find(({ key }) => key === parameter.key)!;
          if (partOf !== undefined || parameter.unit === 'entries') continue;
          for (const [slice, value] of values.entries()) {
            const width = (high - low + 1) / count;
            expect(value).toBeGreaterThanOrEqual(Math.floor(low + slice * width));
            expect(value).toBeLessThanOrEqual(Math.min(high, Math.floor(low + (slice + 1) * width)));
          }
        }
        for (const draw of draws)
          loadProfile(
            name,
            [...draw].map(([key, value]) => `${key}=${value}`),
          );
      }),
      { numRuns: 8 },
    );
  });

  it('are none that the model refuses, where structures have sets', async () => {
    const { joint } = await ask({ profile: 'grace-cmdqv' }, { draws: 12 });
    expect(joint).toMatchObject({ draws: 12, refused: 0 });
  });
});

describe('all parameters at once', () => {
  // Costs of a path that nothing contends for add up, so that a ratio is largest and smallest at a corner.
  const KEYS = {
    'software.vmm_dispatch_ns': 2000,
    'smmu.sync_complete_ns': 900,
    'software.mmio_write_posted_ns': 700,
    'software.syscall_ioctl_ns': 1500,
  };

  it('the range of a ratio lies within that of the corners, and fills most of it', async () => {
    const profile = profileWith(KEYS);
    const { joint, parameters } = await ask({ profile, seed: 5 }, { draws: 60 });
    expect(parameters.map(({ key }) => key).sort()).toEqual(Object.keys(KEYS).sort());
    const ratios: number[] = [];
    for (let corner = 0; corner < 2 ** parameters.length; corner++) {
      const set = parameters.map(({ key, low, high }, at) => `${key}=${((corner >> at) & 1 ? high : low).value}`);
      const [a, b] = await meansWith(['hw-vcmdq', 'ioctl'], { profile, set });
      ratios.push(a / b);
    }
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
    const [low, high] = joint!.paths.find(({ strategy }) => strategy === 'hw-vcmdq')!.range!;
    expect(low).toBeGreaterThanOrEqual(least);
    expect(high).toBeLessThanOrEqual(most);
    expect((high - low) / (most - least)).toBeGreaterThan(0.5);
    const again = await ask({ profile, seed: 5 }, { draws: 60, jobs: 1 });
    expect(again.joint).toEqual(joint);
    expect((await ask({ profile, seed: 6 }, { draws: 60 })).joint).not.toEqual(joint);
  });

  it('the probability that paths change places is that of the draws, each replayed by itself', async () => {
    // A wake-up that takes about as long as an exit and all that follows it.
    const profile = profileWith({ 'software.worker_wake_ns': 3900, 'software.vmm_dispatch_ns': 1000 });
    const strategies = ['sw-vcmdq', 'ioctl'];
    const { joint } = await ask({ profile }, { draws: 30, strategy: 'sw-vcmdq' });
    const loaded = loadProfile(profile);
    let changed = 0;
    const [worker, ioctl] = await meansWith(strategies, { profile });
    for (const draw of latinHypercube(variationsOf(loaded, 0.5).variations, loaded, 30, 0)) {
      const set = [...draw].map(([key, value]) => `${key}=${value}`);
      const [a, b] = await meansWith(strategies, { profile, set });
      if (worker < ioctl ? a > b : a < b) changed++;
    }
    expect(changed).toBeGreaterThan(0);
    const probability = changed / 30;
    const standard_error = Math.sqrt((probability * (1 - probability)) / 30);
    expect(joint!.ranking_changes).toEqual({ probability, standard_error });
    expect(joint!.swaps).toHaveLength(1);
  });

  it('counts pairs, the fastest path and ties', () => {
    const paths = [30, 10, 20].map((meanNs, at) => ({ strategy: 'abc'[at], atc: 'vsid', meanNs }));
    const draws = [
      [30, 10, 20],
      [20, 10, 30],
      [30, 20, 10],
      [20, 20, 20],
    ];
    const found = jointRange(paths, draws, 0);
    expect(found.paths.map(({ strategy, range }) => [strategy, range])).toEqual([
      ['b', [1 / 3, 1]],
      ['c', [1 / 3, 1.5]],
      ['a', [1, 1]],
    ]);
    expect([found.ranking_changes.probability, found.fastest_changes.probability]).toEqual([0.5, 0.25]);
    const swaps = found.swaps.map((swap) => [swap.faster.strategy, swap.slower.strategy, swap.probability]);
    expect(swaps).toEqual([
      ['b', 'c', 0.25],
      ['c', 'a', 0.25],
    ]);
  });
});

/** Replay, seeds: is every number that the seed can change found, is nothing else random, and do the samples equal replays of their own? */
import { afterAll, describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profiles/load.js';
import { metricEntry } from '../../src/results/declaration/dictionary.js';
import { metricValue } from '../../src/results/metric-value.js';
import { type RunOptions, runReplays } from '../../src/session/run.js';
import { runSeeds, seedDependents } from '../../src/session/seeds.js';
import { Sandbox } from '../support/cli.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

/** Two vCPUs invalidate now and then while a device walks through more pages than a small TLB has room for, again and again. */
function busyTrace(): string {
  const rows = ['time_ns,event,vcpu,opcode,sid,asid,iova,access,page_size'];
  for (let at = 0; at < 600; at++) {
    const timeNs = 1000 + at * 500;
    rows.push(`${timeNs},dma,,,0x8,1,0x${(0x10000 + ((at * 7) % 41) * 0x1000).toString(16)},read,4096`);
    if (at % 10 !== 9) continue;
    const vcpu = (at / 10) & 1;
    const iova = `0x${(0x10000 + (at % 41) * 0x1000).toString(16)}`;
    rows.push(`${timeNs},cmd,${vcpu},TLBI_NH_VA,,1,${iova},,`, `${timeNs},cmd,${vcpu},SYNC,,,,,`);
    rows.push(`${timeNs},doorbell,${vcpu},,,,,,`);
  }
  return `${rows.join('\n')}\n`;
}
const TRACE = sandbox.write('busy.csv', busyTrace());
const OPTIONS: RunOptions = {
  profile: 'neoverse-mmu700',
  set: [],
  strategies: ['ioctl', 'native'],
  atc: [],
  pacing: 'closed',
  dma: 'ordered',
  warmup: 0,
  limit: undefined,
  seed: 5,
  msi: true,
  safety: true,
};
const with_ = (options: Partial<RunOptions>): RunOptions => ({ ...OPTIONS, ...options });
const dependents = (options: Partial<RunOptions>) =>
  seedDependents(loadProfile(options.profile ?? OPTIONS.profile, options.set ?? []), with_(options));

const RANDOM = ['tlb.main.entries=8', 'tlb.main.ways=4', 'tlb.main.policy=random'];

describe('what the seed decides', () => {
  it('is random replacement of structures that are there, and the host’s own invalidations', () => {
    expect(dependents({})).toEqual([]);
    expect(dependents({ profile: 'a72-mmu600' })).toEqual([
      'tlb.main.policy',
      'cache.walk_s1.policy',
      'cache.walk_s2.policy',
    ]);
    expect(dependents({ profile: 'a72-mmu600', set: ['cache.walk_s1.enable=false'] })).toEqual([
      'tlb.main.policy',
      'cache.walk_s2.policy',
    ]);
    expect(dependents({ set: ['atc.policy=random'], backgroundPerS: 10 })).toEqual(['atc.policy', '--background']);
  });

  it('has a switch for every structure with a policy', () => {
    const profile = loadProfile('neoverse-mmu700', []);
    const policies = profile.parameters.filter(({ key }) => key.endsWith('.policy')).map(({ key }) => key);
    expect(policies.length).toBeGreaterThan(5);
    for (const key of policies) expect(profile.flag(key.replace(/policy$/, 'enable'))).toBeTypeOf('boolean');
  });

  // Were anything else random, two seeds would differ here.
  it.each([
    ['neoverse-mmu700', {}],
    ['grace-cmdqv', { dma: 'timed', pacing: 'recorded' }],
    ['gem5-default', { vms: 2, vmShiftNs: 1000 }],
    ['qemu-iotlb', { strategies: ['sw-vcmdq:worker=adaptive', 'v1-patch', 'virtio-iommu'] }],
    ['qemu-vtd-iotlb', { pacing: 'asap', faults: ['illegal@50'] }],
  ] as const)('is nothing in %s with %j', async (profile, more) => {
    const options = with_({ ...(more as Partial<RunOptions>), profile });
    expect(seedDependents(loadProfile(profile, []), options)).toEqual([]);
    const [one, other] = [await runReplays([TRACE], options), await runReplays([TRACE], { ...options, seed: 77 })];
    expect(other.results).toEqual(one.results);
  });
});

describe('runSeeds', () => {
  it.each([
    ['random replacement', { set: RANDOM }, 'tlb.main.misses'],
    ['background load', { backgroundPerS: 500_000 }, 'latency.submission.mean_ns'],
  ] as const)(
    '%s: the document is of the first seed, the samples are replays of their own',
    async (_name, more, metric) => {
      const options = with_(more as Partial<RunOptions>);
      const document = await runSeeds([TRACE], options, 3);
      expect(document.provenance).toMatchObject({ seed: 5, seeds: 3, seed_dependents: dependents(options) });
      const alone = await Promise.all([5, 6, 7].map((seed) => runReplays([TRACE], { ...options, seed })));
      for (const [at, { by_seed = {}, ...result }] of document.results.entries()) {
        expect(result).toEqual(alone[0].results[at]);
        expect(Object.keys(by_seed)).toContain(metric);
        for (const [path, values] of Object.entries(by_seed)) {
          const entry = metricEntry(path) ?? { isSparse: false };
          expect(values, path).toEqual(alone.map(({ results }) => metricValue(results[at], path, entry)));
          expect(new Set(values).size).toBeGreaterThan(1);
        }
        // What is not listed is the same with every seed.
        for (const path of ['amplification.guest_commands', 'latency.submission.count']) {
          expect(by_seed[path]).toBeUndefined();
          expect(new Set(alone.map(({ results }) => metricValue(results[at], path, { isSparse: false }))).size).toBe(1);
        }
      }
    },
  );

  it('replays once if the seed decides nothing', async () => {
    let progress = 0;
    const once = await runSeeds([TRACE], OPTIONS, 1000, { onProgress: () => progress++ });
    expect(once.provenance).toMatchObject({ seeds: 1000, seed_dependents: [] });
    expect(once.results.map(({ by_seed }) => by_seed)).toEqual([{}, {}]);
    let alone = 0;
    const { results } = await runReplays([TRACE], OPTIONS, { onProgress: () => alone++ });
    expect(progress).toBe(alone);
    expect(once.results.map(({ by_seed: _none, ...result }) => result)).toEqual(results);
  });

  it('one seed is a replay as ever', async () => {
    expect(await runSeeds([TRACE], with_({ set: RANDOM }), 1)).toEqual(
      await runReplays([TRACE], with_({ set: RANDOM })),
    );
  });

  it('refuses standard input, which ends after the first', async () => {
    await expect(runSeeds(['-'], with_({ set: RANDOM }), 2)).rejects.toThrow(
      '--seeds: expected files, which can be read again, found standard input',
    );
  });
});

/**
 * Smoke tier: does the main job work at all on a recorded trace, the same way twice, from memory and past the survey?
 * Oracle: O52 (byte-identical JSON), O53 (recorded hits and misses).
 */
import { describe, expect, it } from 'vitest';
import { openTrace } from '../../src/formats/open-trace.js';
import { ReplayMetrics } from '../../src/metrics/replay-metrics.js';
import { loadProfile, profileNames } from '../../src/profiles/load.js';
import { Replay } from '../../src/replay/replay.js';
import { Survey } from '../../src/replay/survey.js';
import { runReplays } from '../../src/session/run.js';
import { createSmmu } from '../../src/session/smmu-settings.js';
import { strategyNames } from '../../src/strategies/registry.js';
import { resolveStrategies } from '../../src/strategies/spec.js';

const OPTIONS = {
  profile: 'neoverse-mmu700',
  set: [],
  strategies: ['all'],
  atc: ['broadcast', 'vsid'],
  pacing: 'closed',
  dma: 'ordered',
  warmup: 0,
  limit: undefined,
  seed: 7,
  msi: true,
  safety: true,
  lenient: false,
  format: undefined,
} as const;

describe('the main job', () => {
  it('O52: the same input twice gives byte-identical JSON', async () => {
    const once = async () => JSON.stringify(await runReplays(['traces/rebind-lazy.qemu-10.0.log.xz'], OPTIONS));
    expect(await once()).toBe(await once());
  });

  it.each(profileNames())('runs on profile %s', async (profile) => {
    const document = await runReplays(['traces/boot-strict.qemu-7.2.log.xz'], { ...OPTIONS, profile });
    expect(document.schema).toBe('smmuscope.result/2');
    expect(document.results.length).toBe(2 * strategyNames().length);
    for (const result of document.results) {
      expect(result.amplification.guest_commands).toBe(99);
      expect(result.latency.submission.count).toBeGreaterThan(0);
    }
  });

  it.each([
    ['boot-strict.qemu-7.2', 191, 36],
    ['rebind-strict.qemu-7.2', 8635, 7245],
    ['faults-strict.qemu-7.2', 4146, 1489],
    ['bigsg-strict.qemu-7.2', 11157, 56430],
    ['rebind-lazy.qemu-10.0', 8733, 5739],
    ['stage2-bigsg.qemu-10.0', 7629, 47073],
  ])('O53: profile qemu-iotlb predicts every recorded hit and miss of %s', async (name, hits, misses) => {
    const { results } = await runReplays([`traces/${name}.log.xz`], {
      ...OPTIONS,
      atc: [],
      strategies: ['native'],
      profile: 'qemu-iotlb',
    });
    expect(results[0].oracle?.recorded).toMatchObject({
      compared: hits + misses,
      hits,
      misses,
      mismatches: 0,
      first: [],
    });
    expect(results[0].oracle?.config).toMatchObject({ mismatches: 0, first: [] });
    // The replay's own structures, set up as QEMU's, agree as well.
    expect(results[0].tlb?.main).toMatchObject({ hits, misses });
  });

  it.each([
    ['vtd-onedomain-head.qemu-7.2', 4332, 6208, 100],
    ['vtd-rebind-4ats-k61.qemu-7.2', 6959, 4544, 0],
  ])(
    'O53: profile qemu-vtd-iotlb predicts every recorded hit and miss of %s',
    async (name, hits, misses, collateral) => {
      const { results, provenance } = await runReplays([`traces/${name}.log.xz`], {
        ...OPTIONS,
        atc: [],
        strategies: ['native'],
        profile: 'qemu-vtd-iotlb',
      });
      expect(results[0].oracle).toMatchObject({
        recorded: { compared: hits + misses, hits, misses, mismatches: 0, misses_by_cause: { collateral } },
        config: { mismatches: 0 },
        quirk: { differing_lookups: collateral, misses_without: misses - collateral },
      });
      expect(provenance.traces[0].reader.translated_from).toBe('VT-d');
      expect(results[0].amplification.guest_by_opcode.ATC_INV).toBeGreaterThan(0);
    },
  );

  it('a joined recording is replayed with the commands of the one and the translations of the other', async () => {
    const { results, provenance } = await runReplays(['traces/rebind-strict.ftrace.txt.xz'], {
      ...OPTIONS,
      atc: [],
      strategies: ['native'],
      profile: 'qemu-iotlb',
      with: 'traces/rebind-strict.qemu-7.2.log.xz',
    });
    expect(results[0].oracle?.recorded).toMatchObject({ compared: 15_880, mismatches: 0 });
    expect(results[0].latency.submission.count).toBe(3465);
    expect(results[0].safety).toMatchObject({ stale_after_sync: 0 });
    expect(provenance.traces[0].join?.commands).toMatchObject({ matched: 6842, only_within: 0 });
  });

  it('a trace longer than the survey gives the same numbers as one that fits, on one vCPU', async () => {
    const [choice] = resolveStrategies(['sw-vcmdq']);
    const profile = loadProfile('neoverse-mmu700');
    const replayWith = async (budget: number) => {
      const trace = await openTrace('traces/faults-strict.qemu-7.2.log.xz');
      const survey = await Survey.of(trace.batches, undefined, budget);
      const metrics = new ReplayMetrics();
      const options = { pacing: 'closed', dma: 'ordered', warmup: 0, msi: true } as const;
      const makeSmmu = (topology: Survey['topology']) =>
        createSmmu(profile, choice, topology, { seed: 1, safety: true });
      const replay = new Replay(choice, profile, survey, makeSmmu, options, metrics);
      for (const batch of survey.batches) replay.consume(batch);
      for await (const batch of trace.batches) replay.consume(batch);
      replay.finish();
      return { isComplete: survey.isComplete, latency: metrics.submission.summary(), tlb: replay.smmuCounters() };
    };
    const [whole, beginning] = [await replayWith(1 << 20), await replayWith(1)];
    expect([whole.isComplete, beginning.isComplete]).toEqual([true, false]);
    expect(beginning.latency.count).toBe(whole.latency.count);
    expect(beginning.tlb).toEqual(whole.tlb);
  });
});

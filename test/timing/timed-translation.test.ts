/**
 * Timing tier: do translations with fixed arrival times contend, merge and race as the hardware's slots say?
 * Oracles: O26 (gem5's unloaded formulas on simulated time), O31, O32, O36, O37, O48.
 */

import { describe, expect, it } from 'vitest';
import { ReplayMetrics } from '../../src/metrics/replay-metrics.js';
import { loadProfile } from '../../src/profiles/load.js';
import { Smmu } from '../../src/smmu/smmu.js';
import { takeSnapshot } from '../../src/smmu/snapshot.js';
import { Stage } from '../../src/smmu/stage.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

/** Remembers every translation's latency in the order in which they finish. */
class TranslationLog extends ReplayMetrics {
  readonly log: number[] = [];
  override onTranslations(ns: number, count: number, measured: boolean): void {
    super.onTranslations(ns, count, measured);
    this.log.push(ns);
  }
}

const TM = 80;

async function gem5(trace: TraceBuilder, spec: string, set: readonly string[], dma: 'ordered' | 'timed') {
  const metrics = new TranslationLog();
  await replayThrough(trace, spec, {
    profile: 'gem5-default',
    set: [`smmu.mem_latency_ns=${TM}`, ...set],
    dma,
    metrics,
  });
  return metrics.log;
}

/** Far enough apart not to meet. */
const APART = 100_000;

describe.each(['ordered', 'timed'] as const)('O26: gem5’s unloaded latencies, cycles as ns, %s', (dma) => {
  const [config, page] = [2 * (1 + TM), 0x12345];

  it('S1 only: cold 46+4Tm, main TLB hit 6, uTLB hit 3, L2 table cached 32+Tm', async () => {
    const trace = new TraceBuilder()
      .at(0)
      .dma({ page })
      .at(APART)
      .dma({ page })
      .at(2 * APART)
      .dma({ page: page + 1 });
    for (let i = 0; i < 32; i++) trace.at((3 + i) * APART).dma({ page: page + 0x40_0000 + 2 * i });
    trace.at(40 * APART).dma({ page });
    const log = await gem5(trace, 'native', [], dma);
    expect(log[0]).toBe(46 + 4 * TM + config);
    expect(log[1]).toBe(3);
    expect(log[2]).toBe(32 + TM);
    expect(log.at(-1)).toBe(6);
  });

  it('nested: cold everything 103+24Tm, S1 and S2 L2 cached 39+2Tm', async () => {
    const trace = new TraceBuilder()
      .at(0)
      .dma({ page })
      .at(APART)
      .dma({ page: page + 1 });
    const log = await gem5(trace, 'ioctl', ['cache.config.enable=off'], dma);
    const withoutConfig = await gem5(new TraceBuilder().at(0).dma({ page }), 'ioctl', [], dma);
    expect(withoutConfig[0]).toBeGreaterThan(103 + 24 * TM);
    // The second translation finds its configuration cached when the cache is on.
    expect(log.length).toBe(2);
    const warm = await gem5(trace, 'ioctl', [], dma);
    expect(warm[1]).toBe(39 + 2 * TM);
  });
});

describe('slots', () => {
  /** One nested cold walk of 24·83 = 1992 ns per translation: no cache helps, nothing else takes time. */
  const walkOnly = [
    'tlb.utlb.enable=off',
    'tlb.main.enable=off',
    'cache.config.enable=off',
    'cache.walk_s1.enable=off',
    'cache.walk_s2.enable=off',
    'link.tbu_tcu_ns=0',
    'link.tcu_tbu_ns=0',
    'tbu.xlate_slots=4096',
    'tcu.xlate_slots=4096',
  ];

  it('O32: 16 walkers of 1992 ns bound throughput to 16/1992 ns, reached under a burst', async () => {
    const trace = new TraceBuilder();
    const count = 16 * 40;
    for (let i = 0; i < count; i++) trace.dma({ page: 0x1000 + i });
    const { replay } = await replayThrough(trace, 'ioctl', { set: walkOnly, dma: 'timed' });
    const walker = replay.translators[0].resources.pools[6];
    expect(walker?.grants).toBe(count);
    const configNs = 83 * (2 + 2 + 8);
    expect(replay.simulator.nowNs).toBe(configNs + (count / 16) * 1992);
    expect(walker?.waited).toBe(count - 16);
  });

  it('O31: in every pool, occupancy integrated over time is the sum of residences', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 500; i++) trace.at(37 * i).dma({ page: 0x1000 + ((i * 7919) % 97) });
    const { replay } = await replayThrough(trace, 'ioctl', {
      set: ['tlb.utlb.entries=8', 'walk.slots=2'],
      dma: 'timed',
    });
    const pools = replay.translators[0].resources.pools ?? [];
    // A lookup slot is held for exactly the structure's latency, so residence is grants times latency.
    expect(pools[1].occupancyNs).toBe(pools[1].grants * 1);
    expect(pools[2].occupancyNs).toBe(pools[2].grants * 3);
    expect(pools[4].occupancyNs).toBe(pools[4].grants * 3);
    // A TBU slot is held from its grant to the end of the translation: with room for all, the sum of latencies.
    const metrics = new TranslationLog();
    const roomy = await replayThrough(trace, 'ioctl', { set: ['tbu.xlate_slots=4096'], dma: 'timed', metrics });
    expect(roomy.replay.translators[0].resources.pools[0].occupancyNs).toBe(
      metrics.log.reduce((sum, ns) => sum + ns, 0),
    );
  });

  it('misses to one page merge: one walk, the others wait for it and look up again', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 5; i++) trace.dma({ page: 0x1000 });
    const { replay, result } = await replayThrough(trace, 'ioctl', { dma: 'timed' });
    expect(replay.translators[0].walks.merged).toBe(4);
    expect(replay.translators[0].resources.pools[6].grants).toBe(1);
    expect(result.tlb).toMatchObject({ walks: 1, translations: 5 });
  });
});

describe('races with invalidations', () => {
  /** A translation of the page every `stepNs`, while the guest invalidates it at `atNs`. */
  function race(stepNs: number, atNs: number, untilNs: number): TraceBuilder {
    const trace = new TraceBuilder();
    for (let t = 0; t <= untilNs; t += stepNs) {
      if (t === atNs) trace.at(t).cmd('TLBI_NH_VA', { ASID: 1, ADDR: 0x1000, TG: 1, TTL: 3 }).sync().doorbell();
      trace.at(t).dma({ page: 0x1000 });
    }
    return trace;
  }

  it.each(['ioctl', 'ioctl-batched', 'sw-vcmdq', 'sw-vcmdq:worker=poll', 'hw-vcmdq', 'native'])(
    'O45: %s: stale uses in the window only, and a slower path has the longer window',
    async (spec) => {
      const { result } = await replayThrough(race(100, 10_000, 30_000), spec, { dma: 'timed', pacing: 'recorded' });
      expect(result.safety?.stale_after_sync).toBe(0);
      const native = await replayThrough(race(100, 10_000, 30_000), 'native', { dma: 'timed', pacing: 'recorded' });
      expect(result.safety?.stale_in_window).toBeGreaterThanOrEqual(native.result.safety?.stale_in_window ?? 0);
      expect(result.tlb?.main).toMatchObject({ misses: 2, misses_by_cause: { cold: 1, invalidated: 1 } });
    },
  );

  it('the window is the time from publication to execution: hits every 100 ns from 0 to 1815 − 1 ns after the PROD write', async () => {
    const { result } = await replayThrough(race(100, 10_000, 30_000), 'ioctl', { dma: 'timed', pacing: 'recorded' });
    expect(result.latency.command.max_ns).toBe(1815);
    expect(result.safety?.stale_in_window).toBe(19);
  });
});

describe('O48: with all times zero a timed run counts what an ordered run counts', () => {
  it('on a mixed trace gated by SYNCs', async () => {
    const zero = loadProfile('neoverse-mmu700')
      .parameters.filter((parameter) => parameter.unit === 'ns')
      .map((parameter) => `${parameter.key}=0`);
    const trace = new TraceBuilder();
    for (let i = 0; i < 300; i++) {
      trace.at(10 * i).dma({ page: 0x1000 + ((i * 31) % 40), asid: 1 + (i % 2) });
      if (i % 7 === 3) {
        trace.at(10 * i + 5).cmd('TLBI_NH_VA', { ASID: 1 + (i % 2), ADDR: 0x1000 + ((i * 13) % 40), TG: 1, TTL: 3 });
        trace.sync().doorbell();
      }
      if (i % 50 === 49)
        trace
          .at(10 * i + 6)
          .cmd('TLBI_NH_ASID', { ASID: 1 })
          .sync()
          .doorbell();
    }
    for (const spec of ['ioctl', 'sw-vcmdq', 'hw-vcmdq', 'native']) {
      const set = [...zero, 'tlb.utlb.entries=8'];
      const ordered = await replayThrough(trace, spec, { set, pacing: 'recorded' });
      const timed = await replayThrough(trace, spec, { set, pacing: 'recorded', dma: 'timed' });
      expect(timed.result.tlb).toEqual(ordered.result.tlb);
      expect(timed.result.amplification).toEqual(ordered.result.amplification);
    }
  });
});

describe('published translation formulas', () => {
  it('O36: one translation at a time, 65 ns fixed and 197 ns a read, gives 32768/(65+197·M) bit/ns', async () => {
    for (const [reads, expected] of [
      [176, 79.6],
      [436, 35.5],
      [0, 504],
    ] as const) {
      const profile = loadProfile('neoverse-mmu700', [
        'smmu.mem_latency_ns=197',
        'link.device_port_ns=65',
        'tlb.utlb.latency_ns=0',
        'tlb.main.latency_ns=0',
        'cache.config.enable=off',
        'walk.ste_levels=1',
        'walk.cd_levels=1',
        'link.tbu_tcu_ns=0',
        'link.tcu_tbu_ns=0',
        'cache.walk_s1.enable=off',
        'cache.walk_s2.enable=off',
        'walk.stage=s1',
      ]);
      const smmu = new Smmu(profile, { atcEntries: () => 0 });
      // A hundred 4 KiB translations whose walks read `reads` entries in all: four each for misses, none for hits.
      let totalNs = 0;
      smmu.translate(1, -1, 1, 0, 1, 12, 12, Stage.S1, false);
      const before = takeSnapshot(smmu);
      for (let i = 0; i < 100; i++) {
        const misses = i < reads / 4;
        const ns = smmu.translate(1, -1, 1, 0, misses ? 1000 + i : 1, 12, 12, Stage.S1, false);
        totalNs += misses ? ns - 2 * 197 : ns; // the configuration reads are not part of the formula
      }
      const walked = takeSnapshot(smmu).walkReads - before.walkReads;
      const perPage = walked / 100;
      const bitsPerNs = (100 * 32768) / totalNs;
      expect(bitsPerNs).toBeCloseTo(32768 / (65 + 197 * perPage), 9);
      if (reads <= 400) expect(perPage).toBe(reads / 100);
      if (reads <= 400) expect(Number(bitsPerNs.toPrecision(3))).toBe(expected);
    }
  });

  it('O37: a device-TLB miss costs 2·450 + 24·50 = 2100 ns, a hit 2 ns; serially the mean is 2+(1−h)·2100', () => {
    const profile = loadProfile('neoverse-mmu700', [
      'smmu.mem_latency_ns=50',
      'tlb.utlb.enable=off',
      'tlb.main.enable=off',
      'cache.walk_s1.enable=off',
      'cache.walk_s2.enable=off',
      'link.tbu_tcu_ns=0',
      'link.tcu_tbu_ns=0',
      'cache.config.latency_ns=0',
    ]);
    const smmu = new Smmu(profile, { atcEntries: () => 64 });
    const translate = (page: number) => smmu.translate(1, -1, 1, 0, page, 12, 12, Stage.Nested, false);
    translate(999); // fetches the configuration
    expect(translate(1)).toBe(2 + 2100);
    expect(translate(1)).toBe(2);
    let totalNs = 0;
    for (let i = 0; i < 40; i++) totalNs += translate(i % 4 === 0 ? 100 + i : 1);
    expect(totalNs / 40).toBe(2 + 0.25 * 2100);
  });
});

/**
 * Timing tier: does a driver that reads CONS with back-off see its CMD_SYNC exactly on the grid of its reads? Source: facts
 * L §3.2 (nine reads, then delays of 1, 2, 4 … µs with nine reads behind each).
 */
import { describe, expect, it } from 'vitest';
import { explainStrategy } from '../../src/explain/explain-strategy.js';
import { SyncBackoff } from '../../src/machine/engine/sync-backoff.js';
import { loadProfile } from '../../src/profiles/load.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

const BACKOFF = 'software.sync_wait=poll-backoff';
const FREE_READS = [BACKOFF, 'software.cons_read_ns=0'];

/** Ends of all reads up to some 60 µs, one by one. */
function reads(readNs: number): number[] {
  const ends: number[] = [];
  let now = 0;
  for (const delay of [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000]) {
    for (let read = 1; read <= 9; read++) ends.push(now + read * readNs);
    now += 9 * readNs + delay;
  }
  return ends;
}

describe('the grid', () => {
  it('with free reads: 0, 1, 3, 7, 15, 31 µs after the wait began', () => {
    const grid = new SyncBackoff(0);
    const seen = new Set<number>();
    for (let ready = 0; ready <= 31_000; ready += 50) seen.add(grid.seenNs(500, 500 + ready) - 500);
    expect([...seen]).toEqual([0, 1000, 3000, 7000, 15_000, 31_000]);
    expect(grid.seenNs(0, 1000)).toBe(1000);
    expect(grid.seenNs(0, 1001)).toBe(3000);
  });

  it.each([1, 30, 150, 200, 300])('with reads of %i ns: the first read that ends no earlier', (readNs) => {
    const grid = new SyncBackoff(readNs);
    const ends = reads(readNs);
    for (let ready = 0; ready < 60_000; ready += 37) {
      expect(grid.seenNs(0, ready)).toBe(ends.find((end) => end >= ready));
    }
  });
});

describe('a submission', () => {
  const p = loadProfile('neoverse-mmu700');
  const insert = p.number('software.cmdq_insert_fixed_ns');
  const perCommand = p.number('software.cmdq_insert_per_cmd_ns');
  const command = p.number('smmu.mem_latency_ns') + p.number('smmu.exec_tlbi_ns');
  const sync = p.number('smmu.mem_latency_ns') + p.number('smmu.sync_complete_ns');

  it.each([
    [0, 1000],
    [6, 1000],
    [7, 3000],
    [20, 3000],
    [50, 7000],
    [100, 15_000],
    [200, 31_000],
  ])('native, %i commands: seen %i ns after the doorbell, free reads', async (n, waitedNs) => {
    const run = await replayThrough(oneSubmission(n), 'native', { set: FREE_READS });
    const published = p.number('software.mmio_write_posted_ns') + insert + n * perCommand;
    expect(onlyLatencyNs(run)).toBe(published + waitedNs);
    const { breakdown_total_ns: stages } = run.result.latency;
    expect(stages.sync).toBe(waitedNs - n * command - sync + p.number('smmu.sync_complete_ns'));
    expect(Object.values(stages).reduce((sum, ns) => sum + ns, 0)).toBe(onlyLatencyNs(run));
  });

  it('ioctl: each host CMD_SYNC of its own is quantised, and the polling is host CPU', async () => {
    const [exact, coarse] = [
      await replayThrough(oneSubmission(5), 'ioctl'),
      await replayThrough(oneSubmission(5), 'ioctl', { set: FREE_READS }),
    ];
    const lost = 5 * (1000 - command - sync);
    expect(onlyLatencyNs(coarse) - onlyLatencyNs(exact)).toBe(lost);
    expect(coarse.result.host.cpu_ns.vcpu - exact.result.host.cpu_ns.vcpu).toBe(lost);
    expect(coarse.result.amplification).toEqual(exact.result.amplification);
  });

  it('the default sees the SYNC at once', async () => {
    expect(onlyLatencyNs(await replayThrough(oneSubmission(1), 'native'))).toBe(417);
    const set = [BACKOFF, 'software.cons_read_ns=1'];
    // A read every nanosecond, nine of them; the tenth ends 1 ns behind the first delay.
    expect(onlyLatencyNs(await replayThrough(oneSubmission(0), 'native', { set: [...set] }))).toBe(
      50 + 60 + 9 + 1000 + 1,
    );
  });

  it.each([
    'v1-patch',
    'ioctl',
    'ioctl-batched',
    'sw-vcmdq',
    'hw-vcmdq',
    'hw-vcmdq-overlay',
    'ecmdq',
    'virtio-iommu',
    'vhost-iommu',
    'native',
  ])('strategies show %s says what the replay does', async (spec) => {
    for (const set of [FREE_READS, [BACKOFF]]) {
      const profile = loadProfile('grace-cmdqv', set);
      const { sizes } = explainStrategy(resolveStrategies([spec])[0], profile, [1, 8, 64]);
      for (const { commands, totalNs } of sizes) {
        expect(onlyLatencyNs(await replayThrough(oneSubmission(commands), spec, { profile }))).toBe(totalNs);
      }
    }
  });

  it('a queue that halts interrupts: no grid for it', async () => {
    const trace = () => new TraceBuilder().cmd('PREFETCH_CONFIG').sync().doorbell();
    const exact = onlyLatencyNs(await replayThrough(trace(), 'hw-vcmdq-overlay'));
    const coarse = onlyLatencyNs(await replayThrough(trace(), 'hw-vcmdq-overlay', { set: FREE_READS }));
    // Only the guest's own SYNC, behind the replaced command, is on it: fetch of both, seen after 1 µs.
    expect(coarse - exact).toBe(1000 - (sync + p.number('smmu.mem_latency_ns')));
  });

  it('in a crowd, the stages still sum to the latency', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 80; i++)
      trace
        .at(150 * i)
        .vcpu(i % 4)
        .tlbis(1 + (i % 5))
        .sync()
        .doorbell();
    for (const spec of ['ioctl', 'sw-vcmdq', 'hw-vcmdq', 'native', 'ecmdq']) {
      const { result, metrics } = await replayThrough(trace, spec, { pacing: 'recorded', set: [BACKOFF] });
      const stages = Object.values(result.latency.breakdown_total_ns).reduce((sum, ns) => sum + ns, 0);
      expect(stages).toBe(metrics.submission.sumNs);
    }
  });
});

/**
 * Transforms tier: do transforms compose in their fixed order, is each named in the result, and does a correct path stay
 * safe on what they make?
 */
import { afterAll, describe, expect, it } from 'vitest';
import { saveTrace } from '../../../src/formats/save-trace.js';
import type { TransformOptions } from '../../../src/guest/transforms/transform.js';
import { parametersOf, workloadByName } from '../../../src/guest/workloads/registry.js';
import { generateTrace } from '../../../src/guest/workloads/schedule.js';
import { type RunOptions, runReplays } from '../../../src/session/run.js';
import { Sandbox } from '../../support/cli.js';
import { TraceBuilder } from '../../support/trace-builder.js';
import { tracePath } from '../../support/traces.js';
import { through } from './through.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

const RUN: RunOptions = {
  profile: 'neoverse-mmu700',
  set: [],
  strategies: ['ioctl', 'sw-vcmdq', 'hw-vcmdq', 'native'],
  atc: ['vsid', 'broadcast'],
  pacing: 'closed',
  dma: 'ordered',
  warmup: 0,
  limit: undefined,
  seed: 0,
  msi: true,
  safety: true,
  lenient: false,
  format: undefined,
};

async function generated(name: string, assignments: readonly string[] = []): Promise<string> {
  const workload = workloadByName(name);
  const parameters = parametersOf(workload, assignments);
  const settings = { events: 6000, vcpus: 3, devices: 2, seed: 7, era: '6.6-to-7.0', parameters } as const;
  const path = sandbox.path(`${name}.csv`);
  await saveTrace(generateTrace(workload, settings), path);
  return path;
}

describe('safety', () => {
  const COMBINATIONS: readonly [string, readonly string[], TransformOptions][] = [
    ['nic-ring', [], { guestAts: true }],
    ['nic-ring', [], { guestLazy: true, guestAts: true }],
    ['nvme', [], { guestAts: true, guestRil: 'off' }],
    ['sva-munmap', [], { guestAts: true, guestRil: 'on' }],
    ['sva-munmap', [], { guestKernel: 'from-7.1' }],
    ['attach-storm', [], { guestAts: true, guestLazy: true, guestRil: 'off', repeat: 2, timeScale: 0.5 }],
    ['adversarial', ['ats=off'], { guestAts: true, guestRil: 'off' }],
  ];

  it.each(COMBINATIONS)('no correct path uses a stale translation: %s %j %j', async (name, assignments, transforms) => {
    const { results } = await runReplays([await generated(name, assignments)], { ...RUN, transforms });
    expect(results).toHaveLength(8);
    for (const { strategy, safety, tlb } of results) {
      expect({ strategy, stale: safety?.stale_after_sync }).toEqual({ strategy, stale: 0 });
      expect((tlb?.tlb_main as { lookups?: number } | undefined)?.lookups ?? 1).toBeGreaterThan(0);
    }
  });

  it('control: a path that drops what a guest without ranges sends is caught', async () => {
    const transforms = { guestRil: 'off' } as const;
    const { results } = await runReplays([await generated('nvme')], {
      ...RUN,
      atc: [],
      transforms,
      strategies: ['v1-patch'],
    });
    expect(results[0].safety?.stale_after_sync).toBeGreaterThan(0);
  });
});

describe('a recorded trace', () => {
  it('with ATS has an ATC_INV for each invalidation of a stream that had translated, and says so', async () => {
    const recorded = await runReplays([tracePath('faults-strict.qemu-7.2.log.xz')], {
      ...RUN,
      strategies: ['native'],
      atc: [],
    });
    const { results, provenance } = await runReplays([tracePath('faults-strict.qemu-7.2.log.xz')], {
      ...RUN,
      strategies: ['native'],
      atc: [],
      transforms: { guestAts: true },
    });
    expect(provenance.transforms).toEqual([{ name: 'guest-ats' }]);
    const [report] = provenance.traces[0].transforms ?? [];
    const commands = results[0].amplification.guest_by_opcode;
    expect(commands.ATC_INV).toBe(report.atc_inv_inserted);
    expect(commands.TLBI_NH_VA).toBe(recorded.results[0].amplification.guest_by_opcode.TLBI_NH_VA);
    expect(commands.SYNC).toBe(
      (recorded.results[0].amplification.guest_by_opcode.SYNC ?? 0) + Number(report.submissions_inserted),
    );
    // 512 unmaps of the one stream that translates; each context flush comes before its stream does, or is of one that is aborted.
    expect(report.atc_inv_inserted).toBe(512);
    expect(recorded.provenance.transforms).toEqual([]);
  });
});

describe('the recorder’s own hits and misses', () => {
  it('are compared with the model only on the guest that was recorded', async () => {
    const run = { ...RUN, profile: 'qemu-iotlb', strategies: ['native'], atc: [] };
    const path = tracePath('boot-strict.qemu-7.2.log.xz');
    const plain = await runReplays([path], run);
    expect(plain.results[0].oracle?.recorded.compared).toBeGreaterThan(0);
    const { results } = await runReplays([path], { ...run, transforms: { guestLazy: true } });
    expect(results[0].oracle).toBeUndefined();
  });
});

describe('pipeline', () => {
  const trace = () => {
    const built = new TraceBuilder().at(100).dma({ page: 1 });
    return built.at(300).cmd('TLBI_NH_VA', { ASID: 1, ADDR: 1, TG: 1, TTL: 3, LEAF: 1 }).sync().doorbell();
  };

  it('applies the transforms in their fixed order', async () => {
    const all = { timeScale: 2, repeat: 2, guestRil: 'off', guestAts: true, guestLazy: true } as const;
    const { report, batches } = await through(trace(), all);
    expect(report.map(({ name }) => name)).toEqual(['guest-lazy', 'guest-ats', 'guest-ril', 'repeat', 'time-scale']);
    // Counts are summed over repetitions.
    expect(report[0]).toMatchObject({ unmaps_deferred: 2, flushes_timer: 2 });
    // The lazy flush, not the unmap, is what the ATC_INV follows: everything.
    expect(report[1]).toMatchObject({ atc_inv_inserted: 2 });
    const times = batches.flatMap(({ timeNs, count }) => [...timeNs.slice(0, count)]);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // First event at its own time; 200 ns and the 10 ms of the timer, twice, all doubled.
    expect(times[0]).toBe(100);
    expect(times.at(-1)).toBe(100 + 2 * 2 * (200 + 10_000_000));
  });

  it('--repeat plays the same events again, each time from where the last ended', async () => {
    const { batches } = await through(trace(), { repeat: 3 });
    const times = batches.flatMap(({ timeNs, count }) => [...timeNs.slice(0, count)]);
    expect(times).toEqual([100, 300, 300, 300, 300, 500, 500, 500, 500, 700, 700, 700]);
  });

  it('--time-scale needs times', async () => {
    await expect(through(trace(), { timeScale: 2 }, { timeBase: 'order-only' })).rejects.toThrow(
      /--time-scale: expected/,
    );
  });

  it('commands that nothing publishes come through', async () => {
    const built = trace().cmd('TLBI_NH_ASID', { ASID: 2 });
    const { batches } = await through(built, { guestAts: true });
    expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(5 + 3);
  });
});

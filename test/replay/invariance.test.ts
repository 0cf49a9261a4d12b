/**
 * Replay tier: do strategies change timing only, and do separate machines stay separate?
 * Oracles: O44, O45 (on every recording of the repository), O46, O51.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PACINGS } from '../../src/replay/pacing.js';
import { runReplays } from '../../src/session/run.js';
import { strategyNames } from '../../src/strategies/registry.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

const OPTIONS = {
  profile: 'neoverse-mmu700',
  set: [],
  atc: [],
  pacing: 'closed',
  dma: 'ordered',
  warmup: 0,
  limit: undefined,
  seed: 1,
  msi: true,
  safety: true,
  lenient: false,
  format: undefined,
} as const;

/** Strategies that let a guest take for done what never happened (facts L §0.1): v1-patch.test.ts says when. */
const UNSAFE = ['v1-patch'];
/** Their guest has no stage 2, no configuration commands and no ATC_INVs of its own: contents differ by what they are. */
const OTHER_CONTENTS = ['native', 'virtio-iommu', 'vhost-iommu'];

const SPECS = [
  ...strategyNames().filter((name) => !UNSAFE.includes(name)),
  'sw-vcmdq:worker=poll',
  'sw-vcmdq:cons=trapped',
  'hw-vcmdq:lvcmdqs=4',
];

/** A random guest: DMA of a few pages and blocks, address, range, ASID-wide and global invalidations, each SYNCed. */
function randomGuest(steps: readonly number[]): TraceBuilder {
  const trace = new TraceBuilder();
  for (const [index, step] of steps.entries()) {
    trace.at(100 * index).vcpu(step % 3);
    const page = 0x1000 + ((step * 31) % 64);
    const asid = 1 + (step % 2);
    const kind = step % 16;
    if (kind < 11) trace.dma({ sid: 8 * (1 + (step % 2)), asid, page, pageSizeLog2: kind === 0 ? 14 : 12 });
    else if (kind < 14)
      trace
        .cmd('TLBI_NH_VA', { ASID: asid, ADDR: page, TG: 1, TTL: 3, LEAF: 1, NUM: step % 4 })
        .sync()
        .doorbell();
    else if (kind === 14) trace.cmd('TLBI_NH_ASID', { ASID: asid }).sync().doorbell();
    else trace.cmd('TLBI_NSNH_ALL').sync().doorbell();
  }
  return trace;
}

const guests = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 200 });

describe('O44: strategy invariance', () => {
  it('all strategies leave the same contents and the same misses; only timing and walk depth differ', async () => {
    await fc.assert(
      fc.asyncProperty(guests, async (steps) => {
        const trace = randomGuest(steps);
        // Bare metal walks one stage; give it both, so that walk reads can be compared too.
        const set = ['walk.stage=nested', 'tlb.utlb.entries=8', 'tlb.main.entries=16'];
        const reference = (await replayThrough(trace, 'ioctl', { set })).result;
        for (const spec of OTHER_CONTENTS) {
          const { tlb } = (await replayThrough(trace, spec, { set })).result;
          // NSNH_ALL of a guest leaves the host's stage 2 alone; of bare metal, or as the host's own unmap, it leaves nothing.
          for (const structure of ['utlb', 'main', 'config', 'walk_s1'] as const) {
            expect([spec, tlb?.[structure]]).toEqual([spec, reference.tlb?.[structure]]);
          }
        }
        for (const spec of SPECS) {
          if (OTHER_CONTENTS.includes(spec)) continue;
          const { result } = await replayThrough(trace, spec, { set });
          expect(result.tlb).toEqual(reference.tlb);
          expect(result.safety).toEqual(reference.safety);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('O45: safety', () => {
  it('no strategy has a stale use after SYNC on random guests, ordered or timed', async () => {
    await fc.assert(
      fc.asyncProperty(guests, fc.constantFrom(...SPECS), fc.constantFrom(...PACINGS), async (steps, spec, pacing) => {
        for (const dma of ['ordered', 'timed'] as const) {
          const { result } = await replayThrough(randomGuest(steps), spec, { dma, pacing });
          expect(result.safety?.stale_after_sync ?? 0).toBe(0);
          if (dma === 'ordered') expect(result.safety?.stale_in_window ?? 0).toBe(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    'boot-strict.qemu-7.2',
    'rebind-strict.qemu-7.2',
    'faults-strict.qemu-7.2',
    'rebind-lazy.qemu-10.0',
    'bigsg-strict.qemu-7.2',
  ])('no strategy has one on %s, and all miss alike', async (name) => {
    const document = await runReplays([`traces/${name}.log.xz`], {
      ...OPTIONS,
      strategies: SPECS,
      set: ['walk.stage=nested'],
    });
    for (const { strategy, safety, tlb } of document.results) {
      expect([strategy, safety?.stale_after_sync]).toEqual([strategy, 0]);
      // CFGI_CD reaches the configuration cache everywhere; CFGI_STE by way of the host's driver. A paravirtual guest has none.
      if (strategy.endsWith('-iommu')) expect(tlb?.main).toEqual(document.results[0].tlb?.main);
      else expect(tlb).toEqual(document.results[0].tlb);
    }
  });
});

describe('O46: a wider invalidation never reduces the misses of an infinite TLB', () => {
  it('NH_ASID in the place of NH_VA', async () => {
    await fc.assert(
      fc.asyncProperty(guests, async (steps) => {
        const narrow = new TraceBuilder();
        const wide = new TraceBuilder();
        for (const step of steps) {
          const fields = { ASID: 1 + (step % 2), ADDR: 0x1000 + (step % 50), TG: 1, TTL: 3 };
          if (step % 5 > 0)
            for (const trace of [narrow, wide]) trace.dma({ asid: 1 + (step % 2), page: 0x1000 + (step % 50) });
          else {
            narrow.cmd('TLBI_NH_VA', fields).sync().doorbell();
            wide.cmd('TLBI_NH_ASID', { ASID: fields.ASID }).sync().doorbell();
          }
        }
        const misses = async (trace: TraceBuilder) =>
          (await replayThrough(trace, 'native')).result.tlb?.infinite_misses ?? 0;
        expect(await misses(wide)).toBeGreaterThanOrEqual((await misses(narrow)) as number);
      }),
      { numRuns: 40 },
    );
  });
});

describe('O51: partition', () => {
  it('two VMs merged by time, with room for both and no contention, equal their solo runs', async () => {
    const script = (trace: TraceBuilder, vm: number, round: number) => {
      trace.at(1_000_000 * (2 * round + vm)).vcpu(vm);
      for (let i = 0; i < 5; i++) trace.dma({ sid: 8 + vm, asid: 1, vmid: vm + 1, page: 0x1000 + i });
      trace
        .cmd('TLBI_NH_VA', { VMID: vm + 1, ASID: 1, ADDR: 0x1000 + (round % 5), TG: 1, TTL: 3 })
        .sync()
        .doorbell();
    };
    for (const spec of SPECS) {
      const run = async (vms: readonly number[]) => {
        const trace = new TraceBuilder();
        for (let round = 0; round < 20; round++) for (const vm of vms) script(trace, vm, round);
        return (await replayThrough(trace, spec)).result;
      };
      const [merged, first, second] = [await run([0, 1]), await run([0]), await run([1])];
      for (const structure of ['utlb', 'main', 'config'] as const) {
        const of = ({ tlb }: typeof merged) => tlb?.[structure] ?? { hits: Number.NaN, misses: Number.NaN };
        expect(of(merged).hits).toBe(of(first).hits + of(second).hits);
        expect(of(merged).misses).toBe(of(first).misses + of(second).misses);
      }
      expect(merged.latency.submission.count).toBe(first.latency.submission.count + second.latency.submission.count);
      expect(merged.latency.submission.max_ns).toBe(
        Math.max(first.latency.submission.max_ns, second.latency.submission.max_ns),
      );
      expect(merged.latency.submission.min_ns).toBe(
        Math.min(first.latency.submission.min_ns, second.latency.submission.min_ns),
      );
      expect(merged.amplification.host_commands).toBe(
        first.amplification.host_commands + second.amplification.host_commands,
      );
    }
  });
});

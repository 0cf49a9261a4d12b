/**
 * Replay tier: is an operation all that a vCPU waits for, however many PROD writes its list takes, and nothing else?
 * (design §6; the sum of the operations is the guest's stall)
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strategyNames } from '../../src/strategies/registry.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

/** One list: commands in each PROD write, think time before each, and whether a SYNC ends it. */
interface List {
  readonly vcpu: number;
  readonly parts: readonly number[];
  readonly gapNs: number;
  readonly kind: 'tlbi' | 'config' | 'atc';
  readonly isSynced: boolean;
}

const anyList: fc.Arbitrary<List> = fc.record({
  vcpu: fc.nat(3),
  parts: fc.array(fc.nat(70), { minLength: 1, maxLength: 4 }),
  gapNs: fc.nat(3000),
  kind: fc.constantFrom('tlbi', 'tlbi', 'tlbi', 'config', 'atc'),
  isSynced: fc.boolean(),
});

function traceOf(lists: readonly List[]): TraceBuilder {
  const trace = new TraceBuilder().dma({ page: 0x1000 }).dma({ sid: 16, page: 0x1000 });
  let atNs = 0;
  for (const { vcpu, parts, gapNs, kind, isSynced } of lists) {
    for (const [part, commands] of parts.entries()) {
      atNs += gapNs;
      trace.at(atNs).vcpu(vcpu);
      if (kind === 'config') trace.cmd('CFGI_STE', { SID: 8 }).cmd('CFGI_CD', { SID: 8 });
      if (kind === 'atc') trace.cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: part });
      trace.tlbis(commands);
      if (isSynced && part === parts.length - 1) trace.sync();
      trace.doorbell();
    }
  }
  return trace;
}

const total = (stages: Readonly<Record<string, number>>): number =>
  Object.values(stages).reduce((sum, ns) => sum + ns, 0);

describe.each(strategyNames())('%s', (spec) => {
  it('the operations, and what is unfinished, sum to the guest’s stall exactly', async () => {
    const cases = fc.asyncProperty(
      fc.array(anyList, { minLength: 1, maxLength: 12 }),
      fc.constantFrom('closed', 'recorded', 'asap'),
      fc.constantFrom('ordered', 'timed'),
      fc.nat(40),
      async (lists, pacing, dma, warmup) => {
        const { metrics, result } = await replayThrough(traceOf(lists), spec, { pacing, dma, warmup });
        const { stall_total_ns, stall_unfinished_ns } = result.guest;
        expect(metrics.operation.sumNs + stall_unfinished_ns).toBe(stall_total_ns);
        expect(total(result.latency.breakdown_total_ns)).toBe(metrics.operation.sumNs);
        // Nobody is held for longer than the clock runs.
        expect(result.latency.operation.max_ns).toBeLessThanOrEqual(result.latency.operation_span.max_ns);
        expect(metrics.operation.sumNs).toBeLessThanOrEqual(metrics.operationSpan.sumNs);
      },
    );
    await fc.assert(cases, { numRuns: 25 });
  });

  it('where every PROD write holds a SYNC, operation, span and submission are one', async () => {
    const lists = fc.array(
      anyList.map((one) => ({ ...one, parts: [one.parts[0] + 1], isSynced: true })),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    const cases = fc.asyncProperty(lists, fc.constantFrom('closed', 'recorded', 'asap'), async (all, pacing) => {
      const { latency, operations_unfinished, guest } = (await replayThrough(traceOf(all), spec, { pacing })).result;
      const { steps: _points, ...operation } = latency.operation;
      expect(operation).toEqual(latency.submission);
      expect(latency.operation_span).toEqual(latency.submission);
      expect(operation).toEqual(guest.stall_ns);
      expect(operations_unfinished).toBe(0);
    });
    await fc.assert(cases, { numRuns: 15 });
  });
});

/** `commands` TLBIs of one list in `parts` PROD writes, `gapNs` of the guest's own work before each. */
function split(parts: readonly number[], gapNs: number): TraceBuilder {
  const trace = new TraceBuilder();
  for (const [part, commands] of parts.entries()) {
    trace.at(part * gapNs).tlbis(commands);
    if (part === parts.length - 1) trace.sync();
    trace.doorbell();
  }
  return trace;
}

describe('a list in several PROD writes', () => {
  // Behind so much think time nothing of the list is left to wait for when the SYNC comes.
  const QUIET_NS = 1_000_000;

  it.each(['native', 'hw-vcmdq'])('%s does not trap: where it is split changes nothing', async (spec) => {
    const anySplit = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 5 });
    const cases = fc.asyncProperty(anySplit, fc.nat(100), async (parts, seed) => {
      // The same number of PROD writes, the last one alike, the others in another order.
      const others = parts.slice(0, -1);
      const moved = [...others.slice(seed % others.length), ...others.slice(0, seed % others.length), parts.at(-1)!];
      const [one, other] = [split(parts, QUIET_NS), split(moved, QUIET_NS)];
      const [a, b] = [(await replayThrough(one, spec)).result, (await replayThrough(other, spec)).result];
      expect(a.latency.operation.count).toBe(1);
      expect(a.latency.operation).toEqual(b.latency.operation);
      expect(a.latency.breakdown_total_ns).toEqual(b.latency.breakdown_total_ns);
    });
    await fc.assert(cases, { numRuns: 30 });
  });

  it('is one operation on every path, and the guest’s own work is in its span only', async () => {
    for (const spec of strategyNames()) {
      const { latency } = (await replayThrough(split([3, 4, 5], QUIET_NS), spec)).result;
      expect([latency.operation.count, latency.operation_span.count]).toEqual([1, 1]);
      expect(latency.operation.max_ns).toBeLessThan(QUIET_NS);
      expect(latency.operation_span.max_ns - latency.operation.max_ns).toBe(2 * QUIET_NS);
    }
  });

  it('an open-loop guest does not wait twice at the same time', async () => {
    // All three are due at once: each runs when the one before has let the vCPU go.
    for (const spec of ['ioctl', 'native']) {
      const { latency } = (await replayThrough(split([3, 4, 5], 0), spec, { pacing: 'recorded' })).result;
      const { steps: _points, ...operation } = latency.operation;
      expect(operation).toEqual(latency.operation_span);
      expect(latency.breakdown_total_ns.vcpu_wait).toBe(0);
    }
  });

  it('what gives the path nothing to do holds nobody, though the vCPU is busy', async () => {
    // Open loop, all due at once: a paravirtual guest has no request for the empty PROD write in between.
    const trace = new TraceBuilder().tlbis(1).sync().doorbell().doorbell().tlbis(1).sync().doorbell();
    const { latency, guest } = (await replayThrough(trace, 'virtio-iommu', { pacing: 'recorded' })).result;
    expect([latency.operation.count, latency.operation.min_ns]).toEqual([2, latency.operation.max_ns]);
    expect(guest.stall_total_ns).toBe(2 * latency.operation.max_ns);
    expect(latency.operation_span.max_ns).toBe(2 * latency.operation.max_ns);
  });

  it('a warm-up ends with the operation that is under way', async () => {
    // Three events before the doorbell of the first part, three of the second.
    const { latency, guest } = (await replayThrough(split([3, 3, 3], 1000), 'ioctl', { warmup: 5 })).result;
    expect([latency.operation.count, latency.submission.count, guest.stall_total_ns]).toEqual([0, 0, 0]);
  });

  it('what no SYNC ends is counted, not averaged', async () => {
    const trace = new TraceBuilder().tlbis(1).sync().doorbell().at(9000).tlbis(5).doorbell();
    const { latency, operations_unfinished, guest } = (await replayThrough(trace, 'ioctl')).result;
    expect([latency.operation.count, operations_unfinished]).toEqual([1, 1]);
    expect(guest.stall_unfinished_ns).toBeGreaterThan(latency.operation.max_ns);
    expect(guest.stall_total_ns).toBe(latency.operation.max_ns + guest.stall_unfinished_ns);
  });
});

describe('per unmap', () => {
  it('counts lists that invalidate, however many commands and PROD writes each takes', async () => {
    const { per_unmap, guest, amplification } = (await replayThrough(split([64, 64, 1], 1000), 'ioctl')).result;
    expect(per_unmap).toEqual({
      unmaps: 1,
      counted_from: 'tlbis',
      ns: guest.stall_total_ns,
      host_commands: amplification.host_commands,
      exits: amplification.exits,
    });
  });

  it('counts unmap events where the trace has them: a flush retires many', async () => {
    const trace = new TraceBuilder();
    for (let page = 0; page < 10; page++) trace.at(page * 1000).unmap({ page: 0x1000 + page, asid: 1 });
    trace.at(20_000).cmd('TLBI_NH_ASID', { ASID: 1 }).sync().doorbell();
    const { per_unmap, unmaps_per_s, guest, throughput } = (await replayThrough(trace, 'ioctl')).result;
    expect(per_unmap).toMatchObject({ unmaps: 10, counted_from: 'unmap-events', ns: guest.stall_total_ns / 10 });
    // From the first event on: one flush behind 20 us of unmaps is no burst.
    expect(throughput.duration_ns).toBe(20_000 + guest.stall_total_ns);
    expect(unmaps_per_s).toBeCloseTo(1e10 / throughput.duration_ns, 6);
  });

  it('is null for a guest that unmaps nothing', async () => {
    const trace = new TraceBuilder().cmd('CFGI_CD', { SID: 8 }).sync().doorbell();
    expect((await replayThrough(trace, 'ioctl')).result.per_unmap).toBeNull();
  });
});

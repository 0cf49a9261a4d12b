/**
 * Replay tier: is an error of the trace an error, on every path in that path's own way, at the cost of an injected one?
 * (design §3; facts N26 §B1, §E1; L §4.1)
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runReplays } from '../../src/session/run.js';
import type { RunOptions } from '../../src/session/run-options.js';
import { strategyNames } from '../../src/strategies/registry.js';
import { EventFlag } from '../../src/trace/events.js';
import { type FinishedReplay, replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';
import { tracePath } from '../support/traces.js';
import { OPTIONS } from '../topology/run.js';

const runOptions = (more: Partial<RunOptions>): RunOptions => ({ ...OPTIONS, ...more });

type Incident = Record<string, number | string | null>;

const incidentsOf = ({ result }: Pick<FinishedReplay, 'result'>) =>
  ((result.errors as { incidents?: Record<string, Incident> }).incidents ?? {}) as Record<string, Incident>;

/** What an error leads to, without what only says where it came from. */
function outcome({ status, first_command, ...rest }: Incident): Incident {
  expect(['injected', 'in-trace']).toContain(status);
  return { ...rest, first_command };
}

const UNDEFINED = 0x77;

/** `before` TLBIs, an undefined opcode where `isBad`, `behind` TLBIs and a SYNC; then every page again. */
function around(before: number, behind: number, isBad: boolean, vcpus = 1): TraceBuilder {
  const trace = new TraceBuilder();
  for (let page = 0; page < before + behind; page++) trace.dma({ page: 0x1000 + page });
  for (let vcpu = 0; vcpu < vcpus; vcpu++) {
    trace
      .at(10_000 + vcpu)
      .vcpu(vcpu)
      .tlbis(before, 0x1000);
    if (isBad && vcpu === 0) trace.words([UNDEFINED, 0, 0, 0]);
    trace
      .tlbis(behind, 0x1000 + before)
      .sync()
      .doorbell();
  }
  trace.at(5_000_000_000);
  for (let page = 0; page < before + behind; page++) trace.dma({ page: 0x1000 + page });
  return trace;
}

describe('an undefined opcode', () => {
  it.each(strategyNames())('on %s costs, loses and tells what `--fault illegal` does', async (spec) => {
    const cases = fc.asyncProperty(
      fc.nat(70),
      fc.nat(70),
      fc.constantFrom(1, 3),
      fc.constantFrom('closed', 'asap'),
      async (before, behind, vcpus, pacing) => {
        const inTrace = await replayThrough(around(before, behind, true, vcpus), spec, { pacing });
        const faults = [`illegal@${before + 1}`];
        const injected = await replayThrough(around(before, behind, false, vcpus), spec, { pacing, faults });
        const { latency, safety, guest } = inTrace.result;
        const found = incidentsOf(inTrace)['trace:illegal-opcode'];
        const asked = incidentsOf(injected)[`illegal@${before + 1}`];
        // A path that says nothing of errors executes it like any other command.
        if (found === undefined) {
          expect(asked.status).toBe('not-applicable');
          return;
        }
        expect(latency).toEqual(injected.result.latency);
        expect(guest).toEqual(injected.result.guest);
        expect(safety?.stale_after_sync).toBe(injected.result.safety?.stale_after_sync);
        expect(outcome(found)).toEqual(outcome(asked));
        // An error is never cheaper than none.
        const without = await replayThrough(around(before, behind, false, vcpus), spec, { pacing });
        expect(guest.stall_total_ns).toBeGreaterThanOrEqual(without.result.guest.stall_total_ns);
      },
    );
    await fc.assert(cases, { numRuns: 12 });
  });

  it('is the same in a recorded trace', async () => {
    const path = tracePath('csv/illegal-opcode.csv');
    const { results } = await runReplays([path], runOptions({ strategies: [...strategyNames()] }));
    const injected = await runReplays([path], runOptions({ strategies: [...strategyNames()], faults: ['illegal@1'] }));
    for (const [at, result] of results.entries()) {
      const { occurrences } = incidentsOf({ result })['trace:illegal-opcode'] ?? {};
      const { status } = incidentsOf({ result: injected.results[at] })['illegal@1'];
      expect([result.strategy, occurrences]).toEqual([result.strategy, status === 'not-applicable' ? undefined : 1]);
    }
    expect(incidentsOf({ result: results[1] })['trace:illegal-opcode'].occurrences).toBe(1);
  });

  it('as often as it stands there: one incident, all of its cost', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 300; i++)
      trace
        .at(i * 100_000)
        .words([UNDEFINED, 0, 0, 0])
        .sync()
        .doorbell();
    for (const spec of ['ioctl', 'sw-vcmdq', 'native']) {
      const run = await replayThrough(trace, spec);
      const incident = incidentsOf(run)['trace:illegal-opcode'];
      expect(incident).toMatchObject({ occurrences: 300, errors_raised: 300, first_command: 1, failed_known: 300 });
      const [one] = [run.result.latency.operation];
      expect(one.max_ns).toBe(one.min_ns);
      expect(incident.queue_stopped_ns).toBe(300 * ((incident.queue_stopped_ns as number) / 300));
    }
  });

  it('stops one queue, however many SMMUs its vSMMU stands for', async () => {
    const topology = 'schema: smmuscope.topology/1\nsmmus: [{}, {}]\ndevices: [{ sid: 8 }, { sid: 16, smmu: 1 }]\n';
    const one = (await replayThrough(around(1, 1, true), 'native')).result;
    const two = (await replayThrough(around(1, 1, true), 'native', { topology })).result;
    expect(two.errors).toMatchObject({ incidents: { 'trace:illegal-opcode': { errors_raised: 1 } } });
    expect(two.latency.operation.max_ns).toBe(one.latency.operation.max_ns);
  });

  it('is found on the path that is taken then, where the paths change', async () => {
    const run = await replayThrough(around(1, 1, true), 'hw-vcmdq', { migrate: { atNs: 0, to: 'sw-vcmdq' } });
    expect(incidentsOf(run)).toMatchObject({
      'trace:illegal-opcode:after-migration': { found_by: 'vmm', guest_learns: 'asynchronous', occurrences: 1 },
    });
  });

  it('of one VM does not stop the queue of another', async () => {
    const trace = new TraceBuilder();
    // Queues and vCPUs of two VMs are dealt round.
    trace.vcpu(0).words([UNDEFINED, 0, 0, 0]).sync().doorbell(0);
    trace.at(6000).vcpu(1);
    const row = trace.batch.count;
    trace.tlbis(1).sync().doorbell(1);
    for (let at = row; at < trace.batch.count; at++) trace.batch.queue[at] = 1;
    const { result } = await replayThrough(trace, 'ioctl', { vms: 2, pacing: 'recorded' });
    expect(result.latency.operation.min_ns).toBe(
      (await replayThrough(new TraceBuilder().tlbis(1).sync().doorbell(), 'ioctl')).result.latency.operation.min_ns,
    );
    expect(result.errors).toMatchObject({ stopped_queue: { waits: 0 } });
  });
});

describe('a command that the host kernel refuses', () => {
  // TG beside neither range nor level: the architecture reserves it.
  const refused = () => new TraceBuilder().dma({ page: 0x1000 }).cmd('TLBI_NH_VA', { ASID: 1, ADDR: 0x1000, TG: 1 });

  it.each([
    ['ioctl', 'trace:refused-by-host', 'host-kernel', 'synchronous'],
    ['ioctl-batched', 'trace:refused-by-host', 'host-kernel', 'synchronous'],
    ['sw-vcmdq', 'trace:refused-by-host', 'host-kernel', 'asynchronous'],
    ['ecmdq', 'trace:refused-by-host', 'host-kernel', 'synchronous'],
    ['hw-vcmdq', 'trace:reserved-fields', 'smmu', 'asynchronous'],
    ['hw-vcmdq-overlay', 'trace:refused-by-host', 'host-kernel', 'asynchronous'],
    ['native', 'trace:reserved-fields', 'smmu', 'asynchronous'],
  ])('on %s is %s, found by %s: %s', async (spec, name, foundBy, learns) => {
    const run = await replayThrough(refused().sync().doorbell(), spec);
    expect(incidentsOf(run)).toMatchObject({ [name]: { found_by: foundBy, guest_learns: learns, failed_known: 1 } });
    const sound = await replayThrough(new TraceBuilder().dma({ page: 0x1000 }).tlbis(1).sync().doorbell(), spec);
    expect(run.result.guest.stall_total_ns).toBeGreaterThan(sound.result.guest.stall_total_ns);
  });

  it('on ioctl-batched takes the rest of its block with it, unnoticed (N26 §B2)', async () => {
    const trace = new TraceBuilder().tlbis(70);
    trace.cmd('TLBI_NH_VA', { ASID: 1, ADDR: 0x1000, TG: 1 }).tlbis(3).sync().doorbell();
    // A hundred commands with a bad one at index 70 would do the same: 63 are executed.
    const [k73, k74] = [
      incidentsOf(await replayThrough(trace, 'ioctl-batched'))['trace:refused-by-host'],
      incidentsOf(await replayThrough(trace, 'ioctl-batched:uapi=k74'))['trace:refused-by-host'],
    ];
    expect(k73).toMatchObject({ lost_silently: 0, failed_known: 1 });
    expect(k74).toMatchObject({ lost_silently: 0 });
  });
});

describe('a stream that only ATC_INVs name', () => {
  const path = tracePath('csv/unknown-stream.csv');
  const run = async (more: Partial<RunOptions>) =>
    runReplays([path], runOptions({ strategies: ['ioctl', 'sw-vcmdq', 'hw-vcmdq', 'native', 'v1-patch'], ...more }));

  it('is unknown, with a topology file and without', async () => {
    const inferred = await run({});
    const declared = await run({ topology: tracePath('csv/unknown-stream.topology.yaml') });
    for (const document of [inferred, declared]) {
      const { topology } = document.provenance.traces[0] as unknown as {
        topology: { streams: { sid: number; has_ats: boolean }[]; unknown_streams: number[] };
      };
      expect(topology.streams.map(({ sid, has_ats }) => [sid, has_ats])).toEqual(
        [8, 16, 24, 32].map((sid) => [sid, true]),
      );
      expect(topology.unknown_streams.length).toBe(5);
    }
    const numbers = ({ results }: typeof inferred) =>
      results.map(({ latency, amplification }) => ({ latency, amplification }));
    expect(numbers(inferred)).toEqual(numbers(declared));
    const [ioctl, , hw, native, v1] = inferred.results;
    expect(incidentsOf({ result: ioctl })).toMatchObject({
      'trace:unknown-stream': { occurrences: 5, found_by: 'vmm', guest_learns: 'never', lost_silently: 0 },
    });
    // A SID without match stops the queue: an error is never cheaper than none.
    expect(hw.latency.operation.mean_ns).toBeGreaterThan(native.latency.operation.mean_ns);
    expect(v1.amplification.host_per_guest).toBeCloseTo(4.09, 2);
  });

  it('is taken on trust where the trace shows no stream at all', async () => {
    const trace = new TraceBuilder().cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 }).sync().doorbell();
    const { result } = await replayThrough(trace, 'ioctl');
    expect(incidentsOf({ result })).toEqual({});
    expect(result.amplification.pcie_invalidations).toBe(1);
  });
});

describe('a stream behind which the recording shows no device of the host', () => {
  it('is the VMM’s own affair on every virtual path, and a stream like any other on bare metal', async () => {
    const trace = new TraceBuilder();
    for (const opcode of ['CFGI_STE', 'CFGI_CD'] as const) {
      trace.cmd(opcode, { SID: 0 });
      trace.batch.flags[trace.batch.count - 1] |= EventFlag.NoVdevice;
    }
    trace.cmd('CFGI_CD', { SID: 8 }).sync().doorbell();
    for (const spec of ['ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'ecmdq']) {
      const { result } = await replayThrough(trace, spec);
      expect(result.amplification.host_by_opcode.CFGI_CD).toBe(1);
      expect(result.amplification.hwpt_ioctls).toEqual({ alloc: 0, attach: 0, destroy: 0 });
      expect(incidentsOf({ result })).toMatchObject({ 'trace:no-vdevice': { occurrences: 2, guest_learns: 'never' } });
    }
    expect((await replayThrough(trace, 'native')).result.amplification.host_by_opcode.CFGI_CD).toBe(2);
  });

  it('sends the real host’s ioctls and commands of a nested guest (recording nested-strict)', async () => {
    const { results } = await runReplays(
      [tracePath('nested-strict.qemu-11.log.xz')],
      runOptions({ strategies: ['ioctl'] }),
    );
    const [{ amplification }] = results;
    expect(amplification.ioctls).toBe(737);
    expect(amplification.host_by_opcode).toMatchObject({
      CFGI_CD: 14,
      TLBI_NH_VA: 719,
      TLBI_NH_ASID: 3,
      TLBI_NH_ALL: 1,
    });
    expect(amplification.exits_by_cause).toEqual({ cons_read: 756, prod_write: 765 });
  });
});

describe('the VMID of a guest’s command', () => {
  it('is replaced by the host on every virtual path, and counts on bare metal', async () => {
    const path = tracePath('csv/vmid-in-command.csv');
    const { results } = await runReplays([path], runOptions({ strategies: [...strategyNames()] }));
    for (const { strategy, tlb, replay } of results) {
      const { hits, misses } = (tlb as unknown as { utlb: { hits: number; misses: number } }).utlb;
      const isNative = strategy === 'native';
      expect([strategy, hits, misses]).toEqual([strategy, isNative ? 1 : 0, isNative ? 1 : 2]);
      expect((replay as { vmids: string }).vmids).toBe(isNative ? 'as-recorded' : 'replaced');
    }
  });

  it('is real, and matched as it is, where translations have VMIDs: a host was recorded', async () => {
    const trace = new TraceBuilder();
    for (const vmid of [3, 4]) trace.dma({ page: 0x1000, vmid, sid: vmid });
    trace.cmd('TLBI_NH_VA', { ASID: 1, VMID: 3, ADDR: 0x1000, TG: 1, TTL: 3 }).sync().doorbell();
    for (const vmid of [3, 4]) trace.dma({ page: 0x1000, vmid, sid: vmid });
    const { result } = await replayThrough(trace, 'ioctl');
    expect(result.replay).toMatchObject({ vmids: 'as-recorded' });
    expect((result.tlb as unknown as { utlb: { misses: number } }).utlb.misses).toBe(3);
  });
});

/**
 * Timing tier: does a command queue stop exactly where the architecture says, and what does the stop cost?
 * Oracle: O14 (facts M §5.2); steps of the handlers: facts L §4.1–4.2.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandEngine } from '../../src/machine/engine/command-engine.js';
import { CommandError, ILLEGAL } from '../../src/machine/engine/queue-errors.js';
import type { ServedQueue } from '../../src/machine/engine/served-queue.js';
import { Simulator } from '../../src/machine/sim/simulator.js';
import { loadProfile } from '../../src/profiles/load.js';
import { costTable } from '../../src/strategies/path/costs.js';
import { Opcode } from '../../src/trace/opcodes.js';
import { replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

const PROFILE = loadProfile('neoverse-mmu700');

/** An engine with one queue, and the references of the commands that it has executed. */
class Bench {
  readonly executed: number[] = [];
  readonly simulator = new Simulator();
  readonly engine = new CommandEngine(this.simulator, PROFILE, costTable(PROFILE), 1, { onCommandEffect() {} }, (ref) =>
    this.executed.push(ref),
  );
  private readonly waiter = { actor: this.simulator.register({ wake() {} }), chargeUntil() {}, syncsOutstanding: 0 };
  private refs = 0;

  /** Publish `count` TLBIs, the one at `bad` (if any) illegal; run until nothing more happens. */
  publish(count: number, bad = -1): void {
    const { queue } = this;
    queue.reserve(count, this.waiter);
    const set = queue.join(count, this.waiter);
    for (let i = 0; i < count; i++) {
      const opcode = i === bad ? ILLEGAL : Opcode.TLBI_NH_VA;
      queue.ring.fill(set.joinedSequence + i, opcode, -1, -1, 0, 1, this.refs++);
    }
    queue.gather.filled(set);
    expect(queue.gather.close(set)).toBe(true);
    queue.publish(set);
    this.run();
  }

  run(): void {
    this.simulator.run(Number.POSITIVE_INFINITY);
  }

  get queue(): ServedQueue {
    return this.engine.queues[0];
  }

  get cons(): number {
    return this.queue.ring.consumed;
  }
}

const upTo = (end: number) => Array.from({ length: end }, (_, i) => i);

describe('O14: CERROR stop', () => {
  it('effects 0…i−1, CONS = i, ERR = 1, dead doorbells until the acknowledgement, CONS still i after it', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(39), fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(sizes, ([count, at, more]) => {
        const bad = at % count;
        const bench = new Bench();
        bench.publish(count, bad);
        const expectStopped = () => {
          expect(bench.executed).toEqual(upTo(bad));
          expect(bench.cons).toBe(bad);
          expect(bench.queue.errors.code).toBe(CommandError.Illegal);
        };
        expectStopped();
        bench.publish(more);
        expectStopped();
        // Acknowledged without mending the slot: it fetches the same command and stops again.
        bench.queue.acknowledge();
        expect(bench.queue.errors.code).toBe(CommandError.None);
        expect(bench.cons).toBe(bad);
        bench.run();
        expectStopped();
        bench.queue.overwriteHead();
        bench.run();
        expectStopped();
        bench.queue.acknowledge();
        expect(bench.cons).toBe(bad);
        bench.run();
        expect(bench.executed).toEqual(upTo(count + more).filter((ref) => ref !== bad));
        expect(bench.cons).toBe(count + more);
      }),
      { numRuns: 60 },
    );
  });

  it('acknowledging a queue that stands at no error changes nothing', () => {
    const bench = new Bench();
    bench.publish(3);
    bench.queue.acknowledge();
    bench.run();
    expect([bench.executed, bench.cons]).toEqual([upTo(3), 3]);
  });
});

/** Interrupt, handler, its four trapped register accesses, dispatch of the GERRORN write: profile neoverse-mmu700. */
const TRAPPED_COURSE = 2168 + 2000 + 4 * 1683 + 400;

describe('closed forms of one error among n = 5 commands', () => {
  const base = async (spec: string) => (await replayThrough(oneSubmission(5), spec)).result.latency.submission.max_ns;
  const faulty = async (spec: string, fault: string) =>
    (await replayThrough(oneSubmission(5), spec, { faults: [fault] })).result;

  const extras: [string, string, number][] = [
    // The VMM decodes the command and stops.
    ['ioctl', 'illegal@3', 150 + TRAPPED_COURSE],
    ['ecmdq', 'illegal@3', 150 + TRAPPED_COURSE],
    // The kernel is entered, copies and converts, and refuses.
    ['ioctl', 'unknown-vsid@3', 150 + 180 + 40 + 2 + 15 + TRAPPED_COURSE],
    // Slot, fetch, interrupt, handler, fetch of the CMD_SYNC in its place.
    ['native', 'illegal@3', 4 + 83 + 2168 + 2000 + 83],
    // The same, the interrupt by way of the host, its VMM's event queue and the VMM.
    ['hw-vcmdq', 'unknown-vsid@3', 4 + 83 + (2168 + 1900 + 400) + 2168 + 2000 + 83],
  ];

  it.each(extras)('%s, %s', async (spec, fault, extraNs) => {
    const { latency } = await faulty(spec, fault);
    expect(latency.submission.max_ns - (await base(spec))).toBe(extraNs);
    expect(Object.values(latency.breakdown_total_ns).reduce((a, b) => a + b, 0)).toBe(latency.submission.max_ns);
  });

  it.each(extras)('%s, %s: the guest learns within the stop', async (spec, fault) => {
    const { errors } = await faulty(spec, fault);
    const { incidents } = errors as { incidents: Record<string, Record<string, number>> };
    const incident = incidents[fault];
    expect(incident.learn_latency_ns).toBeGreaterThanOrEqual(incident.stop_latency_ns + 2168);
    expect(incident.learn_latency_ns).toBeLessThan(incident.stop_latency_ns + incident.queue_stopped_ns);
    expect(incident).toMatchObject({ cons_index: 2, executed_before: 2, lost_silently: 0, failed_known: 1 });
  });

  it('native: the stop is found after the fetches of three commands', async () => {
    const { errors } = await faulty('native', 'illegal@3');
    // Doorbell, reservation, six slots; then two commands and one fetch.
    const stop = 50 + 60 + 6 * 4 + 2 * (83 + 40) + 83;
    expect(errors).toMatchObject({ incidents: { 'illegal@3': { stop_latency_ns: stop } } });
  });
});

describe('a stopped queue stops everybody', () => {
  /** vCPU 0 meets an error; vCPU 1 publishes one TLBI 1 µs after it. */
  const trace = () =>
    new TraceBuilder().vcpu(0).tlbis(1).sync().doorbell().vcpu(1).at(1000).tlbis(1, 0x2000).sync().doorbell();
  const options = { pacing: 'recorded' as const, faults: ['illegal@1'] };

  it.each(['ioctl', 'ioctl-batched', 'native', 'sw-vcmdq', 'hw-vcmdq-overlay'])('%s', async (spec) => {
    const effects: number[] = [];
    const run = await replayThrough(trace(), spec, options);
    const calm = await replayThrough(trace(), spec, { pacing: 'recorded' });
    const { incidents } = run.result.errors as { incidents: Record<string, Record<string, number>> };
    const { stop_latency_ns, queue_stopped_ns } = incidents['illegal@1'];
    effects.push(run.result.latency.submission.min_ns);
    // The other vCPU, too, is not done before the queue goes on.
    expect(1000 + run.result.latency.submission.min_ns).toBeGreaterThan(stop_latency_ns + queue_stopped_ns);
    expect(run.result.latency.submission.min_ns).toBeGreaterThan(calm.result.latency.submission.max_ns);
    const total = Object.values(run.result.latency.breakdown_total_ns).reduce((a, b) => a + b, 0);
    expect(total).toBe(run.result.latency.submission.mean_ns * 2);
  });

  it('but not a queue of its own', async () => {
    for (const spec of ['ecmdq', 'hw-vcmdq']) {
      const calm = await replayThrough(trace(), spec, { pacing: 'recorded' });
      const run = await replayThrough(trace(), spec, options);
      const slack = spec === 'ecmdq' ? 200 : 0; // one engine serves both
      expect(run.result.latency.submission.min_ns - calm.result.latency.submission.min_ns).toBeLessThanOrEqual(slack);
    }
  });

  it('a vCPU that found the trapped queue stopped says so', async () => {
    const { result } = await replayThrough(trace(), 'ioctl', options);
    const { stopped_queue } = result.errors as { stopped_queue: Record<string, number> };
    expect(stopped_queue.waits).toBe(1);
    expect(stopped_queue.wait_ns).toBeGreaterThan(0);
    expect(stopped_queue.wait_ns).toBeLessThan(TRAPPED_COURSE);
  });
});

describe('a device that never answers', () => {
  const trace = () => new TraceBuilder().cmd('ATC_INV', { SID: 8, SIZE: 52 }).sync().doorbell();
  const run = async (spec: string, timeoutNs?: number) => {
    const set = timeoutNs === undefined ? [] : [`atc.timeout_ns=${timeoutNs}`];
    const { result } = await replayThrough(trace(), spec, { faults: ['silent-device=8'], set });
    const { incidents } = result.errors as { incidents: Record<string, Record<string, number>> };
    return { result, incident: incidents['silent-device=0x8'] };
  };

  it('native: the driver gives up one second after it began to poll', async () => {
    const { result, incident } = await run('native');
    expect(result.latency.submission.max_ns).toBe(50 + 60 + 4 + 1_000_000_000);
    expect(incident).toMatchObject({ guest_learns: 'timeout', poll_timeouts: 1, failed_known: 1, errors_raised: 1 });
    expect(incident).toMatchObject({ cerror: 'CERROR_ATC_INV_SYNC', learn_latency_ns: 50 + 60 + 4 + 1_000_000_000 });
  });

  it('native: a shorter PCIe time-out stops the queue at the SYNC again and again until the driver gives up', async () => {
    const { result, incident } = await run('native', 100_000_000);
    // 0.1 s and 4168 ns of handling each: nine before the second is over, one that nobody waits for any more.
    expect(incident).toMatchObject({ guest_learns: 'asynchronous', errors_raised: 10, poll_timeouts: 1 });
    expect(incident.stop_latency_ns).toBe(50 + 60 + 4 + 83 + 20 + 100_000_000);
    expect(incident.learn_latency_ns).toBe(incident.stop_latency_ns + 2168);
    expect(result.latency.submission.max_ns).toBe(50 + 60 + 4 + 1_000_000_000);
  });

  it('ioctl: the host kernel gives up, and the VMM raises CERROR_ILL', async () => {
    const { result, incident } = await run('ioctl');
    const calm = (await replayThrough(oneSubmission(1), 'ioctl')).result.latency.submission.max_ns;
    // The host's fetch, work and SYNC are replaced by the second of polling and the error's course.
    expect(result.latency.submission.max_ns).toBe(calm - (83 + 40 + 83 + 97) + 1_000_000_000 + TRAPPED_COURSE);
    expect(incident).toMatchObject({ guest_learns: 'synchronous', cerror: 'CERROR_ILL', poll_timeouts: 1 });
  });

  it('virtio-iommu: the host waits, the guest never learns', async () => {
    const withTlbi = new TraceBuilder().cmd('ATC_INV', { SID: 8, SIZE: 52 }).tlbis(1).sync().doorbell();
    const { result } = await replayThrough(withTlbi, 'virtio-iommu', { faults: ['silent-device=8'] });
    expect(result.latency.submission.max_ns).toBeGreaterThan(1_000_000_000);
    expect(result.errors).toMatchObject({
      incidents: { 'silent-device=0x8': { guest_learns: 'never', learn_latency_ns: null, poll_timeouts: 1 } },
    });
  });

  it('replays go on behind it: every later submission of the queue ends', async () => {
    const long = new TraceBuilder().cmd('ATC_INV', { SID: 8, SIZE: 52 }).sync().doorbell();
    for (let i = 1; i <= 4; i++)
      long
        .at(i * 10_000)
        .tlbis(2)
        .sync()
        .doorbell();
    for (const spec of ['native', 'ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'hw-vcmdq-overlay', 'ecmdq']) {
      const { result } = await replayThrough(long, spec, { faults: ['silent-device=8'] });
      expect([spec, result.latency.submission.count]).toEqual([spec, 5]);
      expect([spec, result.latency.submission.max_ns > 1e9]).toEqual([spec, true]);
    }
  });
});

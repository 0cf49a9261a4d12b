/**
 * Timing tier: is the command engine one serial server, and does a CMD_SYNC wait for what it must?
 * Oracles: O29, O34, O43.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandQueue } from '../../src/machine/engine/command-queue.js';
import { ReplayMetrics } from '../../src/metrics/replay-metrics.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

/** Remembers when each command took effect. */
class EffectLog extends ReplayMetrics {
  readonly effectNs: number[] = [];
  override onCommandEffect(opcode: number, publishedNs: number, effectNs: number, measured: boolean): void {
    super.onCommandEffect(opcode, publishedNs, effectNs, measured);
    this.effectNs.push(effectNs);
  }
}

describe('serial server', () => {
  it.each([1, 2, 10, 64])('O29: a burst of %i at an idle engine: mean wait (n−1)S/2, last completion nS', async (n) => {
    const metrics = new EffectLog();
    await replayThrough(oneSubmission(n), 'native', { metrics });
    const service = 83 + 40;
    const start = 50 + 60 + 4 * n;
    const waits = metrics.effectNs.map((effect) => effect - service - start);
    expect(waits.reduce((sum, wait) => sum + wait, 0) / n).toBe(((n - 1) * service) / 2);
    expect(Math.max(...metrics.effectNs)).toBe(start + n * service);
  });
});

describe('O34: CMD_SYNC', () => {
  it('completes sync_complete after its fetch when nothing overlaps', async () => {
    const metrics = new EffectLog();
    const run = await replayThrough(oneSubmission(3), 'native', { metrics });
    expect(onlyLatencyNs(run)).toBe(Math.max(...metrics.effectNs) + 83 + 97);
  });

  it('waits for the ATC completions of its own queue: the slowest device, not the sum', async () => {
    const trace = new TraceBuilder();
    for (const sid of [1, 2, 3, 4]) trace.cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 5 });
    const metrics = new EffectLog();
    const run = await replayThrough(trace.sync().doorbell(), 'native', { metrics });
    // The last ATC_INV is handed over after four fetches and issues; its own round trip and work are what is left.
    const handedOver = 50 + 60 + 4 * 4 + 4 * (83 + 20);
    expect(Math.max(...metrics.effectNs)).toBe(handedOver + 1000 + 100);
    expect(onlyLatencyNs(run)).toBe(handedOver + 1000 + 100 + 97);
    expect(run.result.latency.breakdown_total_ns.atc).toBe(1100 - 83);
  });

  it('does not wait for another queue', async () => {
    const trace = new TraceBuilder()
      .vcpu(0)
      .cmd('ATC_INV', { SID: 1, SIZE: 52 })
      .sync()
      .doorbell()
      .vcpu(1)
      .tlbis(1)
      .sync()
      .doorbell();
    const { metrics } = await replayThrough(trace, 'hw-vcmdq', { set: ['atc.rtt_ns=1000000'] });
    const { min_ns, max_ns } = metrics.submission.summary();
    expect(max_ns).toBeGreaterThan(1_000_000);
    expect(min_ns).toBeLessThan(2_000);
  });

  it('on one queue holds the commands behind it until the ATC completion is in', async () => {
    const trace = new TraceBuilder()
      .vcpu(0)
      .cmd('ATC_INV', { SID: 1, SIZE: 52 })
      .sync()
      .doorbell()
      .vcpu(1)
      .tlbis(1)
      .sync()
      .doorbell();
    const { metrics } = await replayThrough(trace, 'native', { set: ['atc.rtt_ns=1000000'] });
    expect(metrics.submission.summary().min_ns).toBeGreaterThan(1_000_000);
  });
});

describe('O43: PROD and CONS', () => {
  it('indices count modulo 2^(log2+1); full means equal slots and different wrap', () => {
    const queue = new CommandQueue(2);
    expect(queue.isEmpty).toBe(true);
    expect(queue.allocate(4)).toBe(0);
    expect(queue.isFull).toBe(true);
    expect(queue.isEmpty).toBe(false);
    expect(queue.hasPublished).toBe(false);
    queue.publish(4);
    expect(queue.hasPublished).toBe(true);
    expect([queue.prod, queue.cons]).toEqual([4, 0]);
    for (let i = 0; i < 4; i++) queue.consume();
    expect([queue.prod, queue.cons, queue.isEmpty]).toEqual([4, 4, true]);
    expect(queue.allocate(4)).toBe(4);
    expect([queue.prod, queue.isFull]).toEqual([0, true]);
  });

  it('produced = consumed + pending after any sequence, also across a growth', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 200 }), (steps) => {
        const queue = new CommandQueue(3);
        const twin: number[] = [];
        let next = 0;
        for (const step of steps) {
          if (step < 6 && !queue.isFull) {
            // Filled only before it is read: what lies between may have made the ring grow.
            expect(queue.allocate(1)).toBe(next);
            twin.push(next++);
          } else if (step < 12 && !queue.isEmpty) {
            for (const sequence of twin) queue.fill(sequence, sequence & 0xff, -1, sequence, 0, 1);
            expect(queue.sid[queue.head]).toBe(twin.shift());
            queue.consume();
          } else if (step === 12) queue.ensureCapacity(queue.capacity < 64 ? queue.capacity + 1 : 1);
          expect(queue.pending).toBe(twin.length);
          expect(queue.produced).toBe(queue.consumed + queue.pending);
          expect(queue.isEmpty).toBe(twin.length === 0);
          expect(queue.isFull).toBe(twin.length === queue.capacity);
        }
      }),
    );
  });
});

/**
 * Strategies tier: a worker that polls for a while before it sleeps. Who finds it polling, and is its CPU time counted to the
 * nanosecond? Source: design §5; facts L §8 (spin mode), M §4.1.
 */
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profiles/load.js';
import { resolveStrategies } from '../../src/strategies/spec.js';
import { setupOf } from '../../src/strategies/transport.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

const p = loadProfile('neoverse-mmu700');
const WAKE = p.number('software.worker_wake_ns');
const POLL = p.number('software.kthread_poll_period_ns') / 2;
const FIRST = 2753;

/** A submission of one command at each of `times`. */
function at(...times: number[]): TraceBuilder {
  const trace = new TraceBuilder();
  for (const time of times) trace.at(time).tlbis(1).sync().doorbell();
  return trace;
}

const run = (trace: TraceBuilder, spec: string) => replayThrough(trace, spec, { pacing: 'recorded' });
const spent = (metrics: { submission: { sumNs: number } }) => metrics.submission.sumNs;

describe('sw-vcmdq:worker=adaptive', () => {
  it('asleep, it is a sleeping worker', async () => {
    for (const n of [1, 8, 64]) {
      const asleep = onlyLatencyNs(await replayThrough(oneSubmission(n), 'sw-vcmdq'));
      expect(onlyLatencyNs(await replayThrough(oneSubmission(n), 'sw-vcmdq:worker=adaptive'))).toBe(asleep);
    }
  });

  it('within its window a submission saves the wake-up but for half a poll period, not the exit', async () => {
    const spec = 'sw-vcmdq:worker=adaptive:spin=1000';
    // The first ends at 2753 ns; the second's doorbell has exited 451 ns after its PROD write.
    for (const [second, isFound] of [
      [FIRST + 1000 - 451 - 1, true],
      [FIRST + 1000 - 451, false],
      [FIRST, true],
      [50_000, false],
    ] as const) {
      const { metrics, result } = await run(at(0, second), spec);
      expect(spent(metrics)).toBe(2 * FIRST - (isFound ? WAKE - POLL : 0));
      expect(result.host.workers).toMatchObject([{ drains: 2, found_polling: isFound ? 1 : 0 }]);
      expect(result.amplification.exits_by_cause).toEqual({ kernel_doorbell: 2 });
      expect(result.latency.breakdown_total_ns.wake_up).toBe(isFound ? WAKE + POLL : 2 * WAKE);
    }
  });

  it('CPU time: the work, the polling until the next submission, at most the window, and none before the first', async () => {
    const asleep = (await run(at(0), 'sw-vcmdq')).result.host.cpu_ns.worker;
    for (const spin of [1, 700, 1000, 100_000]) {
      for (const gap of [500, 1200, 5000, 90_000]) {
        const { result } = await run(at(10_000, 10_000 + FIRST + gap), `sw-vcmdq:worker=adaptive:spin=${spin}`);
        const idle = gap + 451;
        const noticed = idle < spin ? POLL : 0;
        const polled = Math.min(idle, spin);
        expect(result.host.cpu_ns.worker).toBe(2 * asleep + polled + noticed);
        expect(result.host.workers).toMatchObject([{ polled_ns: polled }]);
      }
    }
  });

  it('what arrives before it has noticed the first is charged as to a polling worker, and absorbed', async () => {
    const trace = at(0);
    for (const [vcpu, time] of [
      [0, FIRST + 100],
      [1, FIRST + 110],
    ])
      trace.at(time).vcpu(vcpu).tlbis(1).sync().doorbell();
    const { result, metrics } = await run(trace, 'sw-vcmdq:worker=adaptive:spin=5000');
    expect(result.host.workers).toMatchObject([{ drains: 2, absorbed: 1, found_polling: 1 }]);
    expect(result.latency.breakdown_total_ns.wake_up).toBe(WAKE + POLL + (POLL - 10));
    const stages = Object.values(result.latency.breakdown_total_ns).reduce((sum, ns) => sum + ns, 0);
    expect(stages).toBe(spent(metrics));
  });

  it('takes its window from the profile, and an option without effect is refused', async () => {
    const { result } = await run(at(0, 1_000_000), 'sw-vcmdq:worker=adaptive');
    expect(result.host.workers).toMatchObject([{ polled_ns: p.number('software.worker_spin_ns') }]);
    const [{ transport, options }] = resolveStrategies(['sw-vcmdq:spin=5']);
    expect(() => transport.create(setupOf(options, p))).toThrow(
      'strategy sw-vcmdq: spin: expected worker=adaptive beside it, found worker=sleep',
    );
  });

  it('is safe with timed DMA', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 100; i++) {
      trace
        .at(700 * i + 13 * (i % 7))
        .vcpu(i % 3)
        .dma({ page: 0x1000 + (i % 4) });
      trace
        .tlbis(1, 0x1000 + (i % 4))
        .sync()
        .doorbell();
    }
    const { result } = await replayThrough(trace, 'sw-vcmdq:worker=adaptive', { dma: 'timed', pacing: 'recorded' });
    expect(result.safety).toMatchObject({ stale_after_sync: 0 });
  });
});

/**
 * Replay tier: do pacing, warm-up, many vCPUs and the worker behave, with nothing lost?
 * Oracles: O31 (Little's law on the lock), O35 (closed system bound), O47 is in strategies/.
 */
import { describe, expect, it } from 'vitest';
import { ReplayMetrics } from '../../src/metrics/replay-metrics.js';
import type { CostTrail } from '../../src/replay/cost-trail.js';
import type { Submission } from '../../src/strategies/path/submission.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

/** Remembers when each submission was published and done. */
class SubmissionLog extends ReplayMetrics {
  readonly log: { vcpu: number; publishedNs: number; doneNs: number }[] = [];
  override onSubmission(
    submission: Submission,
    publishedNs: number,
    doneNs: number,
    trail: CostTrail,
    hasWork: boolean,
  ): void {
    super.onSubmission(submission, publishedNs, doneNs, trail, hasWork);
    this.log.push({ vcpu: submission.vcpu, publishedNs, doneNs });
  }
}

/** `count` submissions of one TLBI on vCPU 0, `gapNs` apart, each seen complete `seenNs` after its doorbell (if given). */
function paced(count: number, gapNs: number, seenNs?: number): TraceBuilder {
  const trace = new TraceBuilder();
  for (let i = 0; i < count; i++) {
    trace
      .at(i * gapNs)
      .tlbis(1)
      .sync()
      .doorbell();
    if (seenNs !== undefined) trace.at(i * gapNs + seenNs).syncDone();
  }
  return trace;
}

const LATENCY = 417; // hw-vcmdq, n = 1, P1 (facts M §4.3)

describe('pacing', () => {
  it('closed keeps the think time from seeing the SYNC to the next publication', async () => {
    const metrics = new SubmissionLog();
    await replayThrough(paced(3, 10_000, 9_000), 'hw-vcmdq', { metrics });
    expect(metrics.log.map(({ publishedNs }) => publishedNs)).toEqual([0, LATENCY + 1000, 2 * (LATENCY + 1000)]);
  });

  it('closed without recorded completions thinks from doorbell to doorbell', async () => {
    const metrics = new SubmissionLog();
    await replayThrough(paced(3, 10_000), 'hw-vcmdq', { metrics });
    expect(metrics.log.map(({ publishedNs }) => publishedNs)).toEqual([0, 10_000 + LATENCY, 2 * (10_000 + LATENCY)]);
  });

  it('recorded keeps the trace’s times; a busy vCPU makes later submissions wait, and the wait counts', async () => {
    const metrics = new SubmissionLog();
    const { result } = await replayThrough(paced(3, 100), 'hw-vcmdq', { pacing: 'recorded', metrics });
    expect(metrics.log.map(({ publishedNs }) => publishedNs)).toEqual([0, 100, 200]);
    expect(metrics.log.map(({ doneNs }) => doneNs)).toEqual([LATENCY, 2 * LATENCY, 3 * LATENCY]);
    expect(result.latency.breakdown_total_ns.vcpu_wait).toBe(LATENCY - 100 + (2 * LATENCY - 200));
  });

  it('asap leaves no think time', async () => {
    const metrics = new SubmissionLog();
    await replayThrough(paced(3, 10_000), 'hw-vcmdq', { pacing: 'asap', metrics });
    expect(metrics.log.map(({ doneNs }) => doneNs)).toEqual([LATENCY, 2 * LATENCY, 3 * LATENCY]);
  });
});

describe('many vCPUs', () => {
  function storm(vcpus: number, rounds: number, thinkNs: number): TraceBuilder {
    const trace = new TraceBuilder();
    for (let round = 0; round < rounds; round++) {
      for (let v = 0; v < vcpus; v++)
        trace
          .at(round * thinkNs)
          .vcpu(v)
          .tlbis(1)
          .sync()
          .doorbell();
    }
    return trace;
  }

  it.each(['ioctl', 'ioctl-batched', 'sw-vcmdq', 'sw-vcmdq:worker=poll', 'hw-vcmdq', 'hw-vcmdq:lvcmdqs=8', 'native'])(
    '%s: every submission of 8 vCPUs completes once, its stages sum to its latency, none overlaps another of its vCPU',
    async (spec) => {
      const metrics = new SubmissionLog();
      const { result, replay } = await replayThrough(storm(8, 50, 500), spec, { metrics });
      expect(metrics.log.length).toBe(400);
      expect(result.latency.submission.count).toBe(400);
      expect(result.latency.command.count).toBe(400);
      const stages = Object.values(result.latency.breakdown_total_ns).reduce((sum, ns) => sum + ns, 0);
      expect(stages).toBe(metrics.submission.sumNs);
      const lastEnd = new Array(8).fill(0);
      for (const { vcpu, publishedNs, doneNs } of metrics.log) {
        expect(publishedNs).toBeGreaterThanOrEqual(lastEnd[vcpu]);
        lastEnd[vcpu] = doneNs;
      }
      for (const { ring } of replay.engines.queues) expect(ring.produced).toBe(ring.consumed + ring.pending);
      expect(replay.lateStarts).toBe(0);
    },
  );

  it('the VMM’s big lock serialises trapped paths: commands take effect one lock hold apart', async () => {
    class EffectLog extends ReplayMetrics {
      readonly effectNs: number[] = [];
      override onCommandEffect(opcode: number, publishedNs: number, effectNs: number, measured: boolean): void {
        super.onCommandEffect(opcode, publishedNs, effectNs, measured);
        this.effectNs.push(effectNs);
      }
    }
    const metrics = new EffectLog();
    const { result } = await replayThrough(storm(4, 1, 0), 'ioctl', { metrics });
    // Dispatch, one forwarded command, and the CMD_SYNC's decoding.
    const holdNs = 400 + 754 + 150;
    const first = metrics.effectNs[0];
    expect(metrics.effectNs).toEqual([first, first + holdNs, first + 2 * holdNs, first + 3 * holdNs]);
    // One, two and three holds before the drains; the CONS reads pass the same lock and wait on top of that.
    expect(result.latency.breakdown_total_ns.vmm_lock).toBeGreaterThan((1 + 2 + 3) * holdNs);
  });

  it('O35: throughput of a closed system stays below min(K/(Z+S), 1/S)', async () => {
    const serviceNs = 83 + 40 + 83;
    for (const vcpus of [1, 2, 4, 8, 16]) {
      const { result } = await replayThrough(storm(vcpus, 100, 1000), 'native');
      const perNs = result.throughput.submissions_per_s / 1e9;
      // Durations run from the first publication to the last completion: one think time short of a full cycle.
      expect(perNs).toBeLessThanOrEqual(Math.min(vcpus / 1000, 1 / serviceNs) * 1.011);
    }
  });

  it('a busy worker absorbs doorbells: fewer SYNCs than submissions, and no second wake-up', async () => {
    const { result, replay } = await replayThrough(storm(8, 1, 0), 'sw-vcmdq');
    expect(replay.workers[0].drains).toBeLessThan(8);
    expect(result.amplification.added_syncs).toBe(replay.workers[0].drains);
    expect(result.amplification.exits).toBe(8);
  });
});

describe('warm-up', () => {
  it('leaves its events out of every count, but not out of the state', async () => {
    const trace = paced(4, 10_000);
    const { result } = await replayThrough(trace, 'ioctl', { warmup: 6 });
    expect(result.latency.submission.count).toBe(2);
    expect(result.amplification.guest_commands).toBe(4);
    expect(result.amplification.ioctls).toBe(2);
    expect(result.amplification.exits).toBe(4);
  });
});

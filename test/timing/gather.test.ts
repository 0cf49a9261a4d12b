/**
 * Timing tier: producers of one queue follow the kernel's owner protocol (facts L §3.1): is PROD written once per gather set,
 * and is nothing lost, stalled or counted twice however they meet? Oracles: O33, conservation.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayMetrics } from '../../src/metrics/replay-metrics.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((x, y) => x + y, 0);

describe('gather sets', () => {
  it('writes PROD once for all who reserve while the owner is at it, and never loses a list', async () => {
    const trace = new TraceBuilder();
    for (let vcpu = 0; vcpu < 16; vcpu++) trace.vcpu(vcpu).tlbis(3).sync().doorbell();
    const { result } = await replayThrough(trace, 'native');
    const [queue] = result.host.queues;
    expect(queue.command_lists).toBe(16);
    expect(queue.prod_writes).toBeLessThan(16);
    expect(queue.prod_writes).toBeGreaterThanOrEqual(1);
    expect(queue.consumed).toBe(64);
    expect(sum(result.latency.breakdown_total_ns)).toBe(
      result.latency.submission.count * result.latency.submission.mean_ns,
    );
  });

  it('is one list per PROD write when nobody else is there', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 8; i++)
      trace
        .at(i * 100_000)
        .tlbis(3)
        .sync()
        .doorbell();
    const [queue] = (await replayThrough(trace, 'native')).result.host.queues;
    expect([queue.command_lists, queue.prod_writes]).toEqual([8, 8]);
  });

  it('never stalls and never loses order or time, in a queue so small that producers wait for room', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(7), fc.oneof(fc.nat(3), fc.nat(60)), fc.nat(300)), { minLength: 1, maxLength: 60 }),
        fc.constantFrom('native', 'ecmdq:queues=1', 'hw-vcmdq:lvcmdqs=1'),
        fc.constantFrom('asap', 'recorded'),
        async (lists, spec, pacing) => {
          const trace = new TraceBuilder();
          let now = 0;
          for (const [vcpu, tlbis, gap] of lists) {
            now += gap;
            trace.at(now).vcpu(vcpu).tlbis(tlbis).sync().doorbell();
          }
          const log: string[] = [];
          const metrics = new (class extends ReplayMetrics {
            override onCommandEffect(opcode: number, publishedNs: number, effectNs: number, measured: boolean): void {
              super.onCommandEffect(opcode, publishedNs, effectNs, measured);
              log.push(`${effectNs}`);
            }
          })();
          const run = await replayThrough(trace, spec, { pacing, metrics, set: ['smmu.cmdq_log2=7'] });
          const queues = run.result.host.queues;
          const commands = lists.reduce((sum, [, tlbis]) => sum + tlbis, 0);
          expect(log).toHaveLength(commands);
          expect(new Set(log).size).toBe(commands); // one serial engine: no two take effect at once
          for (const queue of queues) {
            expect(queue.pending).toBe(0);
            expect(queue.prod_writes).toBeLessThanOrEqual(queue.command_lists);
          }
          expect(sum(run.result.latency.breakdown_total_ns)).toBe(run.metrics.submission.sumNs);
        },
      ),
      { numRuns: 60 },
    );
  });
});

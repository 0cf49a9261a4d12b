/**
 * Strategies tier: a queue held by ATC completions must not hold up a command that another queue publishes meanwhile.
 * Source: facts L §1.3 (queue independence), §9.6.
 */
import { expect, it } from 'vitest';
import { ReplayMetrics } from '../../src/metrics/replay-metrics.js';
import { Opcode } from '../../src/trace/opcodes.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

it('one vCPU’s SYNC waits for a slow device, the other queue serves as if idle, however often it is rung', async () => {
  const trace = new TraceBuilder().at(0).vcpu(0).cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 }).sync().doorbell();
  const submissions = 20;
  for (let i = 1; i <= submissions; i++)
    trace
      .at(10_000 * i)
      .vcpu(1)
      .tlbis(1)
      .sync()
      .doorbell();
  const { result } = await replayThrough(trace, 'hw-vcmdq', { pacing: 'recorded', set: ['atc.rtt_ns=1000000'] });
  const { count, min_ns, p90_ns, max_ns } = result.latency.submission;
  expect([count, min_ns, p90_ns]).toEqual([submissions + 1, 417, 417]);
  expect(max_ns).toBe(1_000_000 + 414);
});

it('a release in the middle of another queue’s command does not start a second command', async () => {
  // The device answers while TLBIs of the other queue are being executed; its own queue has more behind the SYNC.
  const trace = new TraceBuilder().at(0).vcpu(0).cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 }).sync().doorbell();
  trace.at(500).vcpu(1).tlbis(40).sync().doorbell();
  trace.at(510).vcpu(2).tlbis(20).sync().doorbell();
  const effects: number[] = [];
  class Effects extends ReplayMetrics {
    override onCommandEffect(opcode: number, _publishedNs: number, effectNs: number): void {
      if (opcode === Opcode.TLBI_NH_VA) effects.push(effectNs);
    }
  }
  await replayThrough(trace, 'hw-vcmdq', { pacing: 'recorded', metrics: new Effects() });
  const gaps = effects.slice(1).map((ns, index) => ns - effects[index]);
  expect(effects.length).toBe(60);
  // Fetch and execution of one TLBI: never two at once.
  expect(Math.min(...gaps)).toBe(83 + 40);
});

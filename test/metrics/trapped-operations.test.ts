/** Metrics tier: operations that trap, against the traps that the path itself counts and a plain list of the others. */
import { expect, it } from 'vitest';
import { ReplayMetrics } from '../../src/metrics/replay-metrics.js';
import type { Operation } from '../../src/replay/operation.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';
import { runRecording } from './recordings.js';

/** Every operation, with the traps that the path counted while it was under way: with one vCPU none is another's. */
class Listed extends ReplayMetrics {
  readonly operations: { readonly heldNs: number; readonly isTrapped: boolean }[] = [];
  private traps = 0;

  override onExit(cause: string, measured: boolean): void {
    super.onExit(cause, measured);
    this.traps++;
  }

  override onOperation(operation: Operation): void {
    super.onOperation(operation);
    if (operation.measured) this.operations.push({ heldNs: operation.heldNs, isTrapped: this.traps > 0 });
    this.traps = 0;
  }
}

it('are those in which the path counts a trap, over several PROD writes; the others are the rest', async () => {
  const trace = new TraceBuilder();
  for (let i = 0; i < 20; i++) {
    trace.tlbis(i % 3);
    if (i % 4 === 1) trace.cmd('CFGI_STE', { SID: 8 }).doorbell();
    trace.tlbis(1).sync().doorbell().syncDone();
  }
  for (const strategy of ['ioctl', 'hw-vcmdq', 'native']) {
    const metrics = new Listed();
    const { result } = await replayThrough(trace, strategy, { metrics });
    const of = (isTrapped: boolean) =>
      metrics.operations.filter((one) => one.isTrapped === isTrapped).map(({ heldNs }) => heldNs);
    const { count, total_ns, commands_by_opcode, others } = result.trapped_operations;
    expect([strategy, count, total_ns]).toEqual([strategy, of(true).length, of(true).reduce((sum, ns) => sum + ns, 0)]);
    const sorted = of(false).sort((a, b) => a - b);
    expect(others.count).toBe(sorted.length);
    expect(others.max_ns).toBe(sorted.at(-1) ?? 0);
    expect(others.p99_ns).toBe(sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0);
    expect([count > 0, others.count > 0]).toEqual([strategy !== 'native', strategy !== 'ioctl']);
    expect(commands_by_opcode.CFGI_STE).toBe(strategy === 'native' ? undefined : 5);
  }
});

it('of a recording: with all trapping, their commands are all that the guest published', async () => {
  const { results } = await runRecording('rebind-strict.qemu-7.2.log.xz', ['ioctl', 'hw-vcmdq', 'native']);
  const [ioctl, hardware, native] = results;
  const { SYNC: _waits, ...published } = ioctl.amplification.guest_by_opcode;
  expect(ioctl.trapped_operations.commands_by_opcode).toEqual(published);
  expect(ioctl.trapped_operations.count).toBe(ioctl.latency.operation.count);
  expect(native.trapped_operations).toMatchObject({ count: 0, commands_by_opcode: {} });
  const { steps: _points, ...all } = native.latency.operation;
  expect(native.trapped_operations.others).toEqual(all);
  expect(hardware.trapped_operations.count).toBeGreaterThan(0);
  expect(hardware.trapped_operations.others.p99_ns).toBeLessThan(hardware.latency.operation.p99_ns);
});

/** Metrics tier: commands per SYNC against the commands of recordings, counted in the plainest way. */
import { describe, expect, it } from 'vitest';
import { compare } from '../../src/library/library.js';
import { EventKind } from '../../src/trace/events.js';
import { Opcode } from '../../src/trace/opcodes.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';
import { readTrace, tracePath } from '../support/traces.js';

/** Sizes of the groups in the order of the trace: what stands between two SYNCs of a queue, once a doorbell has published them. */
async function groupsOf(path: string): Promise<number[]> {
  const pending = new Map<number, number[]>();
  const published = new Map<number, number[]>();
  for (const { count, kind, queue, cmd0Low } of (await readTrace(path)).batches) {
    for (let row = 0; row < count; row++) {
      const waiting = pending.get(queue[row]) ?? [];
      if (kind[row] === EventKind.Cmd) pending.set(queue[row], [...waiting, cmd0Low[row] & 0xff]);
      if (kind[row] !== EventKind.Doorbell) continue;
      const before = published.get(queue[row]) ?? [];
      for (const opcode of waiting) before.push(opcode);
      published.set(queue[row], before);
      pending.delete(queue[row]);
    }
  }
  return [...published.values()].flatMap((opcodes) => {
    const syncs = opcodes.flatMap((opcode, at) => (opcode === Opcode.SYNC ? [at] : []));
    return syncs.map((at, i) => at - (i === 0 ? -1 : syncs[i - 1]) - 1);
  });
}

describe('commands per SYNC', () => {
  it.each(['rebind-strict.qemu-7.2.log.xz', 'rebind-lazy.qemu-10.0.log.xz'])(
    'of %s are those of a plain count, on every path',
    async (name) => {
      const sizes = (await groupsOf(tracePath(name))).sort((a, b) => a - b);
      expect(new Set(sizes).size).toBeGreaterThan(1);
      const rank = (percent: number) => sizes[Math.ceil((percent * sizes.length) / 100) - 1];
      const values = [...new Set(sizes)];
      const { results } = await compare(tracePath(name), { strategies: ['ioctl', 'sw-vcmdq', 'hw-vcmdq'] });
      expect(results).toHaveLength(3);
      for (const { commands_per_sync: groups } of results) {
        expect(groups).toEqual({
          count: sizes.length,
          mean: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
          p50: rank(50),
          p99: rank(99),
          max: sizes.at(-1),
          histogram: values.map((value) => [value, sizes.filter((size) => size === value).length]),
        });
      }
    },
  );

  it('are of each queue by itself, over several PROD writes, from before the warm-up on', async () => {
    const trace = new TraceBuilder().tlbis(3).doorbell();
    trace.vcpu(1).tlbis(2).sync();
    trace.batch.queue.fill(1, 4, 7);
    trace.doorbell(1).syncDone().vcpu(2).tlbis(1).sync().doorbell().syncDone();
    const histogramOf = async (warmup: number) =>
      (await replayThrough(trace, 'ioctl', { warmup })).result.commands_per_sync.histogram;
    expect(await histogramOf(0)).toEqual([
      [2, 1],
      [4, 1],
    ]);
    // The warm-up ends behind the first SYNC: what another vCPU left on the other queue still belongs to its group.
    expect(await histogramOf(9)).toEqual([[4, 1]]);
  });
});

/** Metrics tier: operations by number of event, against --warmup, which counts in the same numbers. */
import { describe, expect, it } from 'vitest';
import { runRecording } from './recordings.js';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const totalNs = ({ latency }: { latency: { breakdown_total_ns: Readonly<Record<string, number>> } }) =>
  sum(Object.values(latency.breakdown_total_ns));

describe.each(['boot-strict.qemu-7.2.log.xz', 'rebind-strict.qemu-7.2.log.xz'])('%s', (name) => {
  it('they sum to all operations, in at most 64 bins that reach the last event', async () => {
    const { results, provenance } = await runRecording(name, ['ioctl', 'hw-vcmdq', 'native']);
    const events = sum(Object.values(provenance.traces[0].events));
    for (const result of results) {
      const { bin_events, operations, held_ns } = result.operations_over_events!;
      expect(sum(operations)).toBe(result.latency.operation.count);
      expect(sum(held_ns)).toBe(totalNs(result));
      expect(operations.length).toBe(held_ns.length);
      expect(operations.length).toBeGreaterThan(16);
      expect(operations.length).toBeLessThanOrEqual(64);
      expect((operations.length - 1) * bin_events).toBeLessThan(events);
    }
  });

  it('a warm-up up to the end of a bin leaves exactly the later bins', async () => {
    const [whole] = (await runRecording(name, ['hw-vcmdq'])).results;
    const { bin_events, operations, held_ns } = whole.operations_over_events!;
    const [rest] = (await runRecording(name, ['hw-vcmdq'], { warmup: 7 * bin_events })).results;
    expect(rest.latency.operation.count).toBe(sum(operations.slice(7)));
    expect(totalNs(rest)).toBe(sum(held_ns.slice(7)));
    expect(sum(operations.slice(0, 7))).toBeGreaterThan(0);
  });
});

/** Declaration of what a result says about its course in time: `main_tlb_over_time`, `slowest_operations`, `timeline`. */
import { z } from 'zod';
import { addedLater, metric, number, quantity, UNIT_KEYWORD } from './metric.js';

/** Counts per bin; the last bin may be cut short by the end of the trace. */
function bins(description: string) {
  return z.array(z.int()).meta({ description, [UNIT_KEYWORD]: 'count' });
}

export const MAIN_TLB_OVER_TIME = z.object({
  start_ns: metric('ns', 'neutral', 'trace time at which the first bin of the main TLB’s course begins'),
  bin_ns: metric('ns', 'neutral', 'width of each of these bins'),
  lookups: bins('lookups of the main TLB per bin; they sum to tlb.main.lookups'),
  misses_by_cause: z
    .record(z.string(), bins('misses of one cause per bin'))
    .meta({ description: 'misses of the main TLB per bin by cause; each list sums to its cause in tlb.main' }),
});

export const SLOW_OPERATION = z.object({
  event: number('number of the event that published its first commands, from 1 on'),
  vm: number('VM that published it, from 0 on'),
  vcpu: number('vCPU that published it'),
  published_ns: quantity('ns', 'simulated time of its first PROD write'),
  latency_ns: quantity('ns', 'time for which the path held the vCPU in it'),
  span_ns: quantity('ns', 'from its first PROD write until the guest saw its CMD_SYNC done, by the clock'),
  prod_writes: quantity('count', 'PROD writes that it took'),
  commands: quantity('count', 'guest commands published, CMD_SYNCs included'),
  breakdown_ns: z
    .record(z.string(), z.int())
    .meta({ description: 'stages with time in them; they sum to the latency', [UNIT_KEYWORD]: 'ns' }),
  course: addedLater(
    z.object({
      stage: z.array(z.string()).meta({ description: 'stages in the order in which they were gone through' }),
      until_ns: z.array(z.int()).meta({
        description:
          'end of each in held time, in which the guest’s own work between its PROD writes is left out; it begins where the one before ends, the last ends with the latency',
        [UNIT_KEYWORD]: 'ns',
      }),
      resolution_ns: quantity(
        'ns',
        'the most by which a begin or end is off, because short stages were put together; 0: none were',
      ),
    }),
  ).meta({ description: 'the same in time; at most 256 intervals' }),
});

/** Only where `replay --perfetto` wrote a file. */
export const TIMELINE = z.object({
  first_event: metric('count', 'neutral', 'number of the first event that the timeline may show'),
  last_event: metric('count', 'neutral', 'number of the last event up to which submissions are shown'),
  slices: metric('count', 'neutral', 'slices in the timeline'),
  marks: metric('count', 'neutral', 'guest commands marked in the timeline'),
  flows: metric('count', 'neutral', 'guest commands that the timeline follows to the SMMU'),
  bytes: metric('count', 'neutral', 'size of the timeline’s file'),
});

/** The main TLB by bins of trace time, with ordered DMA only; the chart of it is in reporters/html/course.ts. */
import { z } from 'zod';
import { metric, UNIT_KEYWORD } from '../results/declaration/metric.js';
import { CAUSE_NAMES } from '../smmu/counters.js';
import { mainCounters } from '../smmu/main-counters.js';
import { CounterSeries } from './counter-series.js';
import type { Counter, Measured, Metric, Written } from './metric.js';

/** Counts per bin; the last bin may be cut short by the end of the trace. */
function bins(description: string) {
  return z.array(z.int()).meta({ description, [UNIT_KEYWORD]: 'count' });
}

const KEYS = {
  main_tlb_over_time: z
    .object({
      start_ns: metric('ns', 'neutral', 'trace time at which the first bin of the main TLB’s course begins'),
      bin_ns: metric('ns', 'neutral', 'width of each of these bins'),
      lookups: bins('lookups of the main TLB per bin; they sum to tlb.main.lookups'),
      misses_by_cause: z
        .record(z.string(), bins('misses of one cause per bin'))
        .meta({ description: 'misses of the main TLB per bin by cause; each list sums to its cause in tlb.main' }),
    })
    .optional()
    .meta({ description: 'the main TLB per bin of trace time; with ordered DMA only' }),
};

class MainTlbOverTime implements Counter<typeof KEYS> {
  readonly sampler = new CounterSeries();

  result({ replay: { smmus, translators }, hasDma }: Measured): Written<typeof KEYS> {
    if (!hasDma || translators.length > 0) return {};
    const { sampler } = this;
    const finals = mainCounters(smmus.list);
    return {
      main_tlb_over_time: {
        start_ns: sampler.startNs,
        bin_ns: sampler.binNs,
        lookups: sampler.rises(0, finals),
        misses_by_cause: Object.fromEntries(CAUSE_NAMES.map((cause, i) => [cause, sampler.rises(i + 1, finals)])),
      },
    };
  }
}

export const mainTlbOverTime: Metric<typeof KEYS> = { keys: KEYS, count: () => new MainTlbOverTime() };

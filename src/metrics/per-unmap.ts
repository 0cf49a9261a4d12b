/**
 * What one unmap costs, so that guests that invalidate at once and guests that put it off can be compared: everything that
 * the path did in the measured part, divided by the unmaps in it.
 */
import { z } from 'zod';
import type { Operation } from '../replay/operation.js';
import { headline, metric } from '../results/declaration/metric.js';
import type { Counter, Measured, Metric, Written } from './metric.js';

/** What stands for unmaps where a trace has no unmap events, behind “every operation”. */
export const COUNTED_FROM_TLBIS = 'with a TLBI counts as one unmap, a lazy guest’s flush too';

const PER_UNMAP = z
  .object({
    unmaps: metric('count', 'neutral', 'unmaps of the guest'),
    counted_from: z.enum(['unmap-events', 'tlbis']).meta({
      description: 'unmap events of the trace, or operations that invalidate a TLB: a lazy flush is then one',
    }),
    ns: headline('ns', 'lower', 'stall of the guest per unmap, everything that the path did included'),
    host_commands: metric('ratio', 'lower', 'host commands per unmap'),
    exits: metric('ratio', 'lower', 'traps per unmap'),
  })
  .meta({ description: 'what one unmap costs, however many of them a flush retires; null: the guest unmaps nothing' });

const KEYS = {
  per_unmap: PER_UNMAP.nullable(),
  unmaps_per_s: metric('1/s', 'higher', 'unmaps per simulated second'),
};

class Unmaps implements Counter<typeof KEYS> {
  /** Unmap events of the trace, and operations that invalidate a TLB. */
  private events = 0;
  private invalidatingOperations = 0;

  onUnmap(measured: boolean): void {
    if (measured) this.events++;
  }

  onOperation({ measured, tlbis }: Operation): void {
    if (measured && tlbis > 0) this.invalidatingOperations++;
  }

  result({ stallNs, hostCommands, exits, durationNs }: Measured): Written<typeof KEYS> {
    const isEvents = this.events > 0;
    const unmaps = isEvents ? this.events : this.invalidatingOperations;
    if (unmaps === 0) return { per_unmap: null, unmaps_per_s: 0 };
    return {
      per_unmap: {
        unmaps,
        counted_from: isEvents ? 'unmap-events' : 'tlbis',
        ns: stallNs / unmaps,
        host_commands: hostCommands / unmaps,
        exits: exits / unmaps,
      },
      unmaps_per_s: durationNs === 0 ? 0 : (unmaps * 1e9) / durationNs,
    };
  }
}

export const perUnmap: Metric<typeof KEYS> = {
  keys: KEYS,
  count: () => new Unmaps(),
  lines({ per_unmap: perUnmap }, format) {
    if (perUnmap === null) return [];
    const { unmaps, counted_from: source, ns, host_commands, exits } = perUnmap;
    const each = (count: number) => format.count(Number(count.toPrecision(3)));
    const counted =
      source === 'tlbis'
        ? `unmaps: ${format.count(unmaps)}; there are no unmap events, so every operation ${COUNTED_FROM_TLBIS}`
        : `unmap events: ${format.count(unmaps)}`;
    return [`per unmap: ${format.ns(ns)}, ${each(host_commands)} host commands, ${each(exits)} exits (${counted})`];
  },
  column: { heading: 'per unmap', pageHeading: 'per unmap', path: 'per_unmap.ns', drop: 7 },
  table: {
    title: 'Per unmap',
    headings: ['unmaps', 'stall ns', 'host commands', 'exits', 'unmaps per s', 'counted from'],
    row({ per_unmap: perUnmap, unmaps_per_s }) {
      if (perUnmap === null) return undefined;
      const { unmaps, counted_from: source, ns, host_commands, exits } = perUnmap;
      const from = source === 'tlbis' ? 'operations with a TLBI' : 'unmap events';
      return [unmaps, ns, host_commands, exits, unmaps_per_s, from];
    },
  },
};

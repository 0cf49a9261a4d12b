/** Whether the beginning of the trace decides, and the warm-up that leaves it out. */
import { formatCount, formatShare } from '../../reporters/table/format.js';
import type { StrategyResult } from '../../results/document.js';
import { commandFor } from '../next-command.js';
import type { Rule } from '../rule.js';
import { rowName, type View } from '../view.js';

/** By how much the share of the time must be ahead of the share of the events. */
const AHEAD = 0.3;

export const warmUp: Rule = {
  name: 'warm-up',
  say(view) {
    const { subject, results, trace, provenance, isDisturbed } = view;
    if (subject === undefined || isDisturbed || provenance.vms !== undefined) return undefined;
    const events = Object.values(trace.events).reduce((sum, count) => sum + count, 0);
    const head = headOf(subject, provenance.warmup_events ?? 0, events);
    if (head === undefined) return undefined;
    const { upTo, timeShare, eventShare } = head;
    return {
      text: `The first ${formatCount(upTo)} of ${formatCount(events)} events (${formatShare(eventShare)} of those measured) take ${formatShare(timeShare)} of ${rowName(subject, results)}’s time: --warmup ${upTo} leaves them out`,
      numbers: { warmup_events: upTo, events_count: events, time_share: timeShare, event_share: eventShare },
      next: nextCommand(view, upTo),
    };
  },
};

interface Head {
  /** Number of the last event of it. */
  readonly upTo: number;
  readonly timeShare: number;
  /** Of the events behind the warm-up. */
  readonly eventShare: number;
}

/** The beginning in which the time is furthest ahead of the events; undefined if it is not far ahead anywhere. */
function headOf({ operations_over_events: course }: StrategyResult, warmup: number, events: number): Head | undefined {
  if (course === undefined || events <= warmup) return undefined;
  const { bin_events: width, held_ns: heldNs } = course;
  const total = heldNs.reduce((sum, ns) => sum + ns, 0);
  let best: Head | undefined;
  let soFar = 0;
  // Behind the last bin there is nothing left to measure.
  for (let bin = 0; bin < heldNs.length - 1; bin++) {
    soFar += heldNs[bin];
    const upTo = (bin + 1) * width;
    if (upTo <= warmup) continue;
    const head = { upTo, timeShare: soFar / total, eventShare: (upTo - warmup) / (events - warmup) };
    if (head.timeShare - head.eventShare > (best === undefined ? AHEAD : best.timeShare - best.eventShare)) best = head;
  }
  return best;
}

function nextCommand(view: View, warmup: number): string | undefined {
  const { results, baseline } = view;
  const strategies = [...new Set(results.map(({ strategy }) => strategy))];
  if (baseline === undefined) return commandFor(view, `replay --strategy ${strategies[0]}`, warmup);
  return commandFor(view, `compare --strategies ${strategies.join(',')} --baseline ${baseline.strategy}`, warmup);
}

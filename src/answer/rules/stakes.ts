/** What is at stake at all: the baseline's stall, as a share of one vCPU over the recording. */
import { formatCount, formatNs, formatShare } from '../../reporters/table/format.js';
import { hasGuestTime, isIncomplete, isSlowedByTracing } from '../recording.js';
import type { Rule } from '../rule.js';
import { durationNs, rowName, seedNote, stallNs, type View } from '../view.js';
import { UNICODE } from '../words.js';

/** Shares of one vCPU below which little is at stake, and from which on much is. */
const LITTLE = 0.01;
const MUCH = 0.1;
/** Operations from which on a share is one of a workload, and not of a moment. */
const FEWEST_OPERATIONS = 100;

export const stakes: Rule = {
  name: 'stakes',
  say(view) {
    const row = view.baseline ?? view.subject;
    if (row === undefined || view.isDisturbed || !hasGuestTime(view)) return undefined;
    const stall = stallNs(row);
    const duration = durationNs(row);
    const { count } = row.latency.operation;
    if (count === 0 || stall === 0 || duration === 0) return undefined;
    const share = stall / duration;
    const perS = (count * 1e9) / duration;
    const rate = perS < 10 ? Number(perS.toPrecision(2)) : Math.round(perS);
    const time = `${formatNs(stall, UNICODE)} in ${formatNs(duration, UNICODE)} (simulated)`;
    return {
      text: `${rowName(row, view.results)} stalls the guest for ${time}, ${formatShare(share)} of one vCPU, at ${formatCount(rate)} operations per s${verdict(view, share, count)}${seedNote(view)}`,
      numbers: { stall_ns: stall, duration_ns: duration, share_of_one_vcpu: share, operations_per_s: perS },
    };
  },
};

/** What the share is good for. */
function verdict(view: View, share: number, operations: number): string {
  const rest = isIncomplete(view) ? '; the recording has gaps or assumptions (notes)' : '';
  // Where the guest was slowed down, a small share says nothing of hardware.
  if (isSlowedByTracing(view)) return `; QEMU’s logging slowed the guest: read the ratios${rest}`;
  if (operations < FEWEST_OPERATIONS) return rest;
  if (share < LITTLE) return `; little is at stake on average, if the guest ran at full speed${rest}`;
  return `${share >= MUCH ? '; much is at stake' : ''}${rest}`;
}

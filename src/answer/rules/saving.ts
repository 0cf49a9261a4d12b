/** What the best of the safe paths saves against the baseline, in time, as a part, and as a share of one vCPU. */
import { formatCount, formatNs, formatRatio, formatShare } from '../../reporters/table/format.js';
import type { StrategyResult } from '../../results/document.js';
import { hasGuestTime } from '../recording.js';
import type { Rule } from '../rule.js';
import { durationNs, has, isEligible, isToldApart, namesOf, rowName, seedNote, stallNs, type View } from '../view.js';
import { UNICODE } from '../words.js';

/** A part of the baseline's stall below which nobody should choose by it. */
const NEGLIGIBLE = 0.01;

/** Caveats of a row that bear on which path is best. */
const BEARING = {
  'errors-in-trace': 'errors of the trace are in its times',
  'passed-over': 'it passes over errors of the trace',
  'without-work': 'its guest sends other requests',
  'own-times': 'it states times of its own',
  'recorded-vmids': 'the trace has a host’s own VMIDs',
} as const;

export const saving: Rule = {
  name: 'saving',
  say(view) {
    const { baseline, best, results } = view;
    if (baseline === undefined || best.length === 0 || view.isDisturbed) return undefined;
    const [first] = best;
    const before = stallNs(baseline);
    const after = stallNs(first);
    if (before === 0 || baseline.latency.operation.count === 0) return undefined;
    const names = namesOf(best, results);
    if (best.includes(baseline)) return nothingBetter(view, names, before);
    if (!isToldApart(first, baseline)) return undefined;
    const base = rowName(baseline, results);
    const head = `Of the safe paths the guest stalls least on ${names}: ${formatNs(after, UNICODE)}`;
    const qualified = qualifiedBy(view, first, baseline);
    const numbers = { stall_ns: after, baseline_stall_ns: before, ratio: after / before, ...qualified.numbers };
    if (after >= before) {
      const text = `${head}, ${formatRatio(after / before)} that on ${base}${qualified.text}`;
      return { text, numbers };
    }
    const saved = before - after;
    const part = saved / before;
    const share = hasGuestTime(view) && durationNs(baseline) > 0 ? saved / durationNs(baseline) : undefined;
    const ofVcpu = share === undefined ? '' : `, ${formatShare(share)} of one vCPU`;
    const slight = part < NEGLIGIBLE ? '; too little to choose by' : '';
    return {
      text: `${head}, ${formatNs(saved, UNICODE)} (${formatShare(part)}) less than on ${base}${ofVcpu}${slight}${qualified.text}`,
      numbers: { ...numbers, saved_ns: saved, ...(share === undefined ? {} : { share_of_one_vcpu: share }) },
    };
  },
};

/** The baseline is the best, and not for want of others. */
function nothingBetter({ best, results }: View, names: string, before: number) {
  if (!results.some((row) => isEligible(row) && !best.includes(row))) return undefined;
  return {
    text: `Of the safe paths the guest stalls least on ${names}: ${formatNs(before, UNICODE)}`,
    numbers: { stall_ns: before },
  };
}

/** What else the best path costs, and what is not known of it. */
function qualifiedBy(view: View, best: StrategyResult, baseline: StrategyResult) {
  const moreNs = hostCpuNs(best) - hostCpuNs(baseline);
  const races = best.safety?.atc_refill_races ?? 0;
  const caveats = Object.entries(BEARING).filter(([about]) => has(best, about as keyof typeof BEARING));
  const parts = [
    ...(moreNs > 0 ? [`it takes ${formatNs(moreNs, UNICODE)} more of the host’s CPUs`] : []),
    ...(best.safety === null ? ['no translations, so staleness is not seen'] : []),
    ...(races > 0 ? [`possible ATC refill races: ${formatCount(races)}`] : []),
    ...caveats.map(([, words]) => words),
  ];
  const numbers = {
    ...(moreNs > 0 ? { more_host_cpu_ns: moreNs } : {}),
    ...(races > 0 ? { atc_refill_races_count: races } : {}),
  };
  return { text: parts.map((part) => `; ${part}`).join('') + seedNote(view), numbers };
}

const hostCpuNs = ({ host }: StrategyResult): number => Object.values(host.cpu_ns).reduce((sum, ns) => sum + ns, 0);

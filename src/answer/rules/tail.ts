/** What the tail is made of, on a path that traps for some operations only. */
import { formatCount, formatNs, formatShare } from '../../reporters/table/format.js';
import type { StrategyResult } from '../../results/document.js';
import type { Rule } from '../rule.js';
import { listed, rowName } from '../view.js';
import { UNICODE } from '../words.js';

/** Opcodes that a sentence names. */
const OPCODES_NAMED = 2;

export const tail: Rule = {
  name: 'tail',
  say({ subject, results, baseline, isDisturbed }) {
    const rows = subject === undefined ? results : [subject, ...results];
    const row = rows.find(isTailOfTraps);
    const trapped = row?.trapped_operations;
    if (row === undefined || trapped === undefined || isDisturbed) return undefined;
    const { operation } = row.latency;
    const name = rowName(row, results);
    const share = trapped.total_ns / totalNs(row);
    const isAsBaseline = baseline !== undefined && row !== baseline && p99Of(row) === p99Of(baseline);
    const as = isAsBaseline ? ` as on ${rowName(baseline, results)}` : '';
    return {
      text: `${formatCount(trapped.count)} of ${name}’s ${formatCount(operation.count)} operations trap${causes(row)}, and take ${formatShare(share)} of its time; p99 of the others is ${formatNs(trapped.others.p99_ns, UNICODE)}, not ${p99Of(row)}${as}`,
      numbers: {
        trapped_operations_count: trapped.count,
        operations_count: operation.count,
        trapped_share: share,
        p99_ns: operation.p99_ns,
        p99_of_others_ns: trapped.others.p99_ns,
      },
    };
  },
};

/** Some operations trap, some do not, and p99 as tables round it is another without the former. */
function isTailOfTraps(row: StrategyResult): boolean {
  const { trapped_operations: trapped } = row;
  if (trapped === undefined || trapped.count === 0 || trapped.others.count === 0) return false;
  return p99Of(row) !== formatNs(trapped.others.p99_ns, UNICODE);
}

const p99Of = ({ latency }: StrategyResult): string => formatNs(latency.operation.p99_ns, UNICODE);

/** Time of all operations: the stages sum to it exactly. */
const totalNs = ({ latency }: StrategyResult): number =>
  Object.values(latency.breakdown_total_ns).reduce((sum, ns) => sum + ns, 0);

/** Opcodes of which every command traps. */
function causes({ trapped_operations: trapped, amplification }: StrategyResult): string {
  const { guest_by_opcode: guest } = amplification;
  const always = Object.entries(trapped?.commands_by_opcode ?? {}).filter(([name, count]) => count === guest[name]);
  if (always.length === 0) return '';
  // The most frequent first; of equally frequent ones the order of the document.
  const names = always.sort(([, one], [, other]) => other - one).map(([name]) => name);
  return `, every one with ${listed(names.slice(0, OPCODES_NAMED), 'or')} among them`;
}

/** What a report says of where its commands came from: another architecture, another recording. */
import type { JoinReport, ResultDocument } from '../../results/document.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, formatNs } from './format.js';

/** A sentence about commands that were translated; both recordings of a joined trace are of the same architecture. */
export function translationNotes({
  translated_from: from = '',
  translated_commands: count = 0,
}: ResultDocument['provenance']['traces'][number]['reader']): string[] {
  if (from === '') return [];
  return [
    `${formatCount(count)} commands are translated from ${from} descriptors and stand in the order of ${from}: a Linux ` +
      'SMMUv3 driver would put a CMD_SYNC between the TLBIs and the ATC_INVs',
  ];
}

/**
 * Why latencies of a run that QEMU logged are longer than the path's.
 * @param latenciesFrom the recording that gave them, if that is not the log itself
 */
export function tracingCaveat(latenciesFrom: string | undefined): string {
  const whose = latenciesFrom === undefined ? '' : ` (${latenciesFrom}'s, of a run that QEMU logged)`;
  return `recorded latencies${whose} contain the tracing itself: QEMU prints its lines while the guest waits`;
}

/** How two joined recordings agree, in sentences. */
export function joinNotes(join: JoinReport | undefined, context: ReportContext): string[] {
  if (join === undefined) return [];
  const { commands, submissions, clock } = join;
  const outside = commands.only_before + commands.only_after;
  const order =
    submissions.out_of_order === 0
      ? 'in the same order'
      : `${formatCount(submissions.out_of_order)} submission${submissions.out_of_order === 1 ? '' : 's'} in another order`;
  const clocks =
    clock === null
      ? 'one of them has no clock'
      : `clocks ${formatNs(clock.offset_ns, context)} apart, drift ${clock.drift_ppm} ppm, within ${formatNs(clock.spread_ns, context)}`;
  return [
    `joined ${join.commands_from} (commands) with ${join.translations_from} (translations): ` +
      `${formatCount(commands.matched)} commands in both, ${order}; ` +
      `${formatCount(commands.only_in_commands_from)} only in the first (left out), ${formatCount(commands.only_within)} only in the ` +
      `second; ${formatCount(outside)} of the second before or after the common part; ${clocks}`,
  ];
}

/**
 * `results[].errors`: what was refused or dropped, what injected faults led to, and the review's objections as findings.
 */

import { byOpcode } from '../metrics/by-opcode.js';
import type { ReplayMetrics } from '../metrics/replay-metrics.js';
import type { Faults } from '../replay/faults/faults.js';
import type { Incident } from '../replay/faults/incident.js';
import type { Replay } from '../replay/replay.js';
import type { TraceErrorCount } from './caveats.js';
import type { WrittenStrategyResult } from './document.js';

type Errors = WrittenStrategyResult['errors'];

/** Build the entry of a finished replay. */
export function errorsResult(replay: Replay, metrics: ReplayMetrics): Errors {
  const { faults, findings } = replay;
  return {
    refused_by_opcode: byOpcode(metrics.amplification.refused),
    swallowed_by_opcode: byOpcode(metrics.amplification.swallowed),
    atc_timeouts: replay.engines.atcTimeouts,
    unknown_vsid: faults.incidents.reduce((sum, one) => sum + (isAboutStream(one) ? one.measured : 0), 0),
    ...(findings.size === 0 ? {} : { findings: Object.fromEntries([...findings].sort()) }),
    ...(faults.incidents.length === 0 ? {} : faultsResult(faults)),
  };
}

/** Errors of the trace that this path minds, by kind: those after the warm-up. */
export function traceErrors({ faults }: Replay): TraceErrorCount[] {
  return faults.incidents.flatMap(({ fault, answer, measured }) =>
    fault.kind !== 'in-trace' || measured === 0 || !('by' in answer)
      ? []
      : [
          {
            kind: fault.spec.replace(/^trace:/, ''),
            occurrences: measured,
            foundBy: answer.by,
            guestLearns: answer.guestLearns,
          },
        ],
  );
}

/** It is about a command that names a stream which nobody knows, on a path where that matters. */
function isAboutStream({ fault, answer }: Incident): boolean {
  if (!('by' in answer) || answer.by === 'nobody') return false;
  return fault.kind === 'unknown-vsid' || fault.spec.startsWith('trace:unknown-stream');
}

function faultsResult({ incidents, stoppedWaits, stoppedWaitNs }: Faults): Pick<Errors, 'stopped_queue' | 'incidents'> {
  return {
    /** Other vCPUs that came to the trapped queue while it stood. */
    stopped_queue: { waits: stoppedWaits, wait_ns: stoppedWaitNs },
    incidents: Object.fromEntries(incidents.map((incident) => [incident.fault.spec, incidentResult(incident)])),
  };
}

const CERROR_NAMES: Readonly<Record<number, string>> = { 0: 'none', 1: 'CERROR_ILL', 3: 'CERROR_ATC_INV_SYNC' };

function incidentResult(incident: Incident): NonNullable<Errors['incidents']>[string] {
  const { answer, publishedNs, stoppedNs, learnedNs } = incident;
  if ('notApplicable' in answer) {
    const { occurrences } = incident;
    return { status: 'not-applicable', reason: answer.notApplicable, ...(occurrences === 0 ? {} : { occurrences }) };
  }
  if (!incident.isInjected) return { status: 'not-reached' };
  return {
    status: incident.fault.kind === 'in-trace' ? 'in-trace' : 'injected',
    occurrences: incident.occurrences,
    first_command: incident.firstCommand === 0 ? null : incident.firstCommand,
    found_by: answer.by,
    guest_learns: answer.guestLearns,
    cerror: CERROR_NAMES[incident.errorCode],
    errors_raised: incident.errors,
    cons_index: incident.consIndex < 0 ? null : incident.consIndex,
    executed_before: incident.executedBefore,
    lost_silently: incident.lost,
    failed_known: incident.failed,
    poll_timeouts: incident.pollTimeouts,
    /** From the publication of what failed; null: it did not come to that. */
    stop_latency_ns: stoppedNs < 0 || publishedNs < 0 ? null : stoppedNs - publishedNs,
    learn_latency_ns: learnedNs < 0 || publishedNs < 0 ? null : learnedNs - publishedNs,
    queue_stopped_ns: incident.queueStoppedNs,
  };
}

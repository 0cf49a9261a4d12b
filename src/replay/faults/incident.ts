/**
 * What one injected fault, or all errors of one kind in the trace, led to: an entry of `errors.incidents`. Times are simulated; the reporter turns them into lengths.
 */

import type { ErrorAnswer } from '../../strategies/error-behaviour.js';
import type { Fault } from './fault.js';

/** One fault, or one kind of error in the trace, on one path. */
export class Incident {
  /** It happened. */
  isInjected = false;
  /** Commands that were in error: 1 unless it stands in the trace; and after the warm-up. */
  occurrences = 0;
  measured = 0;
  /** Number of the first of them among the commands that the guest put into its queues, from 1. */
  firstCommand = 0;
  /** Index of the first bad command in its publication: where CONS stood. -1: no index (a device or worker). */
  consIndex = -1;
  /** CMDQ_CONS.ERR as the guest's driver reads it; 0: none. */
  errorCode = 0;
  /** Errors raised for it: more than one if the queue stops again and again. */
  errors = 0;
  /** Commands of the publication, CMD_SYNC apart, that were executed before the bad one. */
  executedBefore = 0;
  /** Commands never executed that the guest counts as done. */
  lost = 0;
  /** Commands never executed that the guest was told about: they cover nothing. */
  failed = 0;
  /** Requests that timed out (a silent device), and waits that ended in -ETIMEDOUT. */
  pollTimeouts = 0;
  /** Publication of what first failed, when the queue first stopped, when the guest first knew, total time stopped. -1: not. */
  publishedNs = -1;
  stoppedNs = -1;
  learnedNs = -1;
  queueStoppedNs = 0;

  constructor(
    readonly fault: Fault,
    readonly answer: ErrorAnswer,
  ) {}
}

/** The incident of the fault of `kind` that can happen on this path, if it was asked for. */
export function applicable(incidents: readonly Incident[], kind: Fault['kind']): Incident | undefined {
  return incidents.find(({ fault, answer }) => fault.kind === kind && 'by' in answer);
}

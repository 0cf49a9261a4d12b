/**
 * What a reader must know beside the latencies of a result, or would take them for something else: in the document, so that
 * every report says the same.
 */
import type { Caveat } from './document.js';

/** What decides, in the measured part. */
export interface CaveatCounts {
  /** Operations ended by a CMD_SYNC, with work for the path. */
  readonly operations: number;
  /** Of these, those that take more than one PROD write, and how many they take together. */
  readonly inSeveralWrites: number;
  readonly writesOfThese: number;
  /** Without a CMD_SYNC to end them. */
  readonly unfinished: number;
  /** Ended, but the path has nothing to do for them. */
  readonly withoutWork: number;
  /** Guest commands in all, and those that the path drops while the guest takes them for done. */
  readonly commands: number;
  readonly swallowed: number;
  /** The path would put the VM's VMID into commands, but the translations of the trace have VMIDs of their own. */
  readonly hasRecordedVmids: boolean;
  /** Part of the operations' time, waits left out, that the strategy says itself. */
  readonly ownShare: number;
  /** Errors that stand in the trace, by kind, where this path minds them. */
  readonly errors: readonly TraceErrorCount[];
}

/** Errors of one kind in the trace (replay/faults/trace-errors.ts). */
export interface TraceErrorCount {
  readonly kind: string;
  readonly occurrences: number;
  readonly foundBy: string;
  readonly guestLearns: string;
}

/** The caveats that `counts` call for; none for most results. */
export function caveatsOf(counts: CaveatCounts): Caveat[] {
  const {
    operations,
    inSeveralWrites,
    writesOfThese,
    unfinished,
    withoutWork,
    commands,
    swallowed,
    hasRecordedVmids,
    ownShare,
    errors,
  } = counts;
  const caveats: Caveat[] = [];
  if (inSeveralWrites > 0) {
    caveats.push({
      about: 'several-prod-writes',
      text: `${inSeveralWrites} of ${counted(operations)} take several PROD writes (${writesOfThese} in all) and are charged for all of them, latency.submission only for the last`,
    });
  }
  if (unfinished > 0) {
    caveats.push({
      about: 'unfinished',
      text: `${counted(unfinished)} that no CMD_SYNC of the trace ends: in no latency, but in guest.stall_total_ns and per_unmap (their share: guest.stall_unfinished_ns)`,
    });
  }
  if (withoutWork > 0) {
    caveats.push({
      about: 'without-work',
      text: `${withoutWork} of ${counted(operations + withoutWork)} give this path nothing to do and are not in its mean, so means are over other operations than elsewhere; guest.stall_total_ns and per_unmap cover the same guest on every path`,
    });
  }
  if (swallowed > 0) {
    caveats.push({
      about: 'swallowed-commands',
      text: `${swallowed} of ${commands} guest commands are dropped without a word while the guest takes them for done: times are of less work than it asked for`,
    });
  }
  if (hasRecordedVmids) {
    caveats.push({
      about: 'recorded-vmids',
      text: 'translations of the trace have VMIDs of their own, as on a host: commands keep theirs, where this path would put the VM’s in',
    });
  }
  if (ownShare > 0) {
    caveats.push({
      about: 'own-times',
      text: `${(100 * ownShare).toFixed(1)}% of the time is what the strategy says itself (path.spend), not a parameter: no source, and not among the estimates`,
    });
  }
  const raised = errors.filter(({ guestLearns }) => guestLearns !== 'never');
  if (raised.length > 0) {
    caveats.push({
      about: 'errors-in-trace',
      text: `${listed(raised)}: each stops the queue until the guest has handled it, which is in the times`,
    });
  }
  const passed = errors.filter(({ guestLearns }) => guestLearns === 'never');
  if (passed.length > 0) caveats.push({ about: 'passed-over', text: `${listed(passed)}: the guest is never told` });
  return caveats;
}

/** Kinds of errors in the trace, in words. */
const WORDS: Readonly<Record<string, string>> = {
  'illegal-opcode': 'with an opcode that does not exist there',
  'reserved-fields': 'with reserved fields',
  'refused-by-host': 'that the host kernel refuses',
  'unknown-stream': 'for devices’ ATCs that nothing shows to exist',
  'unknown-stream-config': 'that configure unknown streams',
  'no-vdevice': 'for streams without a vDEVICE',
};

/** `4 commands of the trace for streams without a vDEVICE (found by vmm)`, one kind after the other. */
const listed = (errors: readonly TraceErrorCount[]): string =>
  errors
    .map(({ kind, occurrences, foundBy }) => {
      const commands = `${occurrences} command${occurrences === 1 ? '' : 's'}`;
      // What stands behind the kind is the path that a migrating replay was on.
      return `${commands} of the trace ${WORDS[kind.split(':')[0]]} (found by ${foundBy})`;
    })
    .join(', ');

const counted = (count: number): string => `${count} operation${count === 1 ? '' : 's'}`;

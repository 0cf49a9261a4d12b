/**
 * Errors of command queues: CMDQ_CONS.ERR, the ATC invalidations that nobody answers, and the time that a queue stands
 * (facts L §4.1, oracle O14).
 */
import { Cost } from '../path/costs.js';
import type { SyncWaiter } from './contracts.js';

/**
 * Stands for a command that the SMMU cannot execute: the queue stops with CONS on it, CMDQ_CONS.ERR = CERROR_ILL, until the
 * error is acknowledged. No opcode of the architecture is this. Its `sid` is the incident's number.
 */
export const ILLEGAL = 0xff;

/** CMDQ_CONS.ERR (facts L §4.1). */
export const enum CommandError {
  None = 0,
  Illegal = 1,
  AtcInvSync = 3,
}

/** Who is interrupted when a queue stops with an error, and has to acknowledge it. */
export interface ErrorHandler {
  /** Device whose ATC invalidations time out as errors at the CMD_SYNC; -1 = none. */
  readonly silentSid: number;
  /** `queue` stops at `atNs` with `code`, CONS on the command; `publishedNs` is the publication of what failed. */
  onQueueError(queue: number, code: number, atNs: number, publishedNs: number): void;
}

/** Error state of the queues of one engine; arrays are indexed by queue. */
export class QueueErrors {
  /** CMDQ_CONS.ERR. */
  readonly code: number[] = [];
  /** Interrupted by errors; absent: an error stands until somebody acknowledges it, and no device fails a SYNC. */
  handler: ErrorHandler | undefined;
  /** When the unanswered ATC invalidations time out, and when they were published; -1: there are none. */
  readonly silentUntilNs: number[] = [];
  private readonly silentPublishedNs: number[] = [];
  /** The CMD_SYNC at CONS ends in an error. */
  readonly isSyncFailing: boolean[] = [];
  /** When the queue last stopped, and went on; -1: never. */
  private readonly stoppedNs: number[] = [];
  private readonly resumedNs: number[] = [];

  /** One more queue. */
  addQueue(): void {
    this.code.push(CommandError.None);
    this.silentUntilNs.push(-1);
    this.silentPublishedNs.push(-1);
    this.isSyncFailing.push(false);
    this.stoppedNs.push(-1);
    this.resumedNs.push(-1);
  }

  /** An ATC_INV, published at `publishedNs`, went to the silent device; it times out at `untilNs`. */
  expectSilence(queue: number, untilNs: number, publishedNs: number): void {
    this.silentUntilNs[queue] = untilNs;
    this.silentPublishedNs[queue] = publishedNs;
  }

  /** An illegal command is at CONS. */
  stopAtIllegal(queue: number, atNs: number, publishedNs: number): void {
    this.stop(queue, CommandError.Illegal, atNs, publishedNs);
  }

  /** The CMD_SYNC at CONS has failed; `waiter` has waited for the device until now. */
  stopAtSync(queue: number, nowNs: number, waiter: SyncWaiter | undefined): void {
    this.isSyncFailing[queue] = false;
    waiter?.chargeUntil(Cost.atcWait, nowNs);
    this.stop(queue, CommandError.AtcInvSync, nowNs, this.silentPublishedNs[queue]);
  }

  /** GERRORN is written. False: there is no error. */
  acknowledge(queue: number, nowNs: number): boolean {
    if (this.code[queue] === CommandError.None) return false;
    this.code[queue] = CommandError.None;
    this.resumedNs[queue] = nowNs;
    return true;
  }

  /** A waiter that waited through an error: up to the stop it waited for its turn, then for the acknowledgement. */
  charge(queue: number, waiter: SyncWaiter): void {
    if (this.resumedNs[queue] < 0) return;
    waiter.chargeUntil(Cost.queueWait, this.stoppedNs[queue]);
    waiter.chargeUntil(Cost.errorWait, this.resumedNs[queue]);
  }

  private stop(queue: number, code: number, atNs: number, publishedNs: number): void {
    this.code[queue] = code;
    this.stoppedNs[queue] = atNs;
    this.handler?.onQueueError(queue, code, atNs, publishedNs);
  }
}

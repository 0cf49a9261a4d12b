/**
 * Errors of command queues: CMDQ_CONS.ERR, the ATC invalidations that nobody answers, and the time that a queue stands
 * (facts L §4.1, oracle O14).
 */
import { Cost } from '../../strategies/path/costs.js';
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

/** Error state of one queue. */
export class QueueErrors {
  /** CMDQ_CONS.ERR. */
  code: CommandError = CommandError.None;
  /** When the unanswered ATC invalidations time out, and when they were published; -1: there are none. */
  silentUntilNs = -1;
  silentPublishedNs = -1;
  /** The CMD_SYNC at CONS ends in an error. */
  isSyncFailing = false;
  /** When the queue last stopped, and went on; -1: never. */
  private stoppedNs = -1;
  private resumedNs = -1;

  /** An ATC_INV, published at `publishedNs`, went to the silent device; it times out at `untilNs`. */
  expectSilence(untilNs: number, publishedNs: number): void {
    this.silentUntilNs = untilNs;
    this.silentPublishedNs = publishedNs;
  }

  /** The queue stops with `code`. */
  stop(code: CommandError, atNs: number): void {
    this.isSyncFailing = false;
    this.code = code;
    this.stoppedNs = atNs;
  }

  /** GERRORN is written. False: there is no error. */
  acknowledge(nowNs: number): boolean {
    if (this.code === CommandError.None) return false;
    this.code = CommandError.None;
    this.resumedNs = nowNs;
    return true;
  }

  /** A waiter that waited through an error: up to the stop it waited for its turn, then for the acknowledgement. */
  charge(waiter: SyncWaiter): void {
    if (this.resumedNs < 0) return;
    waiter.chargeUntil(Cost.queueWait, this.stoppedNs);
    waiter.chargeUntil(Cost.errorWait, this.resumedNs);
  }
}

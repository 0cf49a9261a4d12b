/**
 * Submissions that a vCPU has yet to start, oldest first, in circular typed arrays.
 *
 * A submission is stored as its header, its guest opcodes with host counts, and its host opcodes with SIDs and SMMUs; `take` copies
 * the oldest into a scratch `Submission`. Memory is bounded by what is pending, not by the trace.
 */
import type { Submission } from './submission.js';

/** Ring of numbers that doubles when full. */
class NumberRing {
  private values = new Float64Array(64);
  private first = 0;
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) this.grow();
    this.values[(this.first + this.length++) & (this.values.length - 1)] = value;
  }

  shift(): number {
    const value = this.values[this.first];
    this.first = (this.first + 1) & (this.values.length - 1);
    this.length--;
    return value;
  }

  /** The value `ahead` places behind the oldest. */
  peek(ahead: number): number {
    return this.values[(this.first + ahead) & (this.values.length - 1)];
  }

  private grow(): void {
    const larger = new Float64Array(this.values.length * 2);
    for (let i = 0; i < this.length; i++) larger[i] = this.values[(this.first + i) & (this.values.length - 1)];
    this.values = larger;
    this.first = 0;
  }
}

/** FIFO of pending submissions of one vCPU. */
export class SubmissionRing {
  private readonly headers = new NumberRing();
  private readonly rows = new NumberRing();

  /** Pending submissions. */
  length = 0;

  /** Store `submission`. */
  push(submission: Submission): void {
    const { headers, rows } = this;
    headers.push(submission.doorbellNs);
    headers.push(submission.previousSeenNs);
    headers.push(submission.path);
    headers.push(submission.measured ? 1 : 0);
    headers.push(submission.guestCount);
    headers.push(submission.queue);
    headers.push(submission.lastSyncNumber);
    headers.push(submission.event);
    for (let i = 0; i < submission.guestCount; i++) {
      rows.push(submission.guestOpcode[i]);
      rows.push(submission.guestRef[i]);
      rows.push(submission.guestFault[i]);
      rows.push(submission.rowNumber[i]);
      rows.push(submission.hostCount[i]);
      const end = submission.hostFirst[i] + submission.hostCount[i];
      for (let h = submission.hostFirst[i]; h < end; h++) {
        rows.push(submission.hostOpcode[h]);
        rows.push(submission.hostSid[h]);
        rows.push(submission.hostRef[h]);
        rows.push(submission.hostSmmus[h]);
        rows.push(submission.hostRefills[h]);
      }
    }
    const { attachments } = submission;
    headers.push(attachments.count);
    for (let i = 0; i < attachments.count; i++) {
      rows.push(attachments.row[i]);
      rows.push(attachments.sid[i]);
      rows.push(attachments.steWrites[i]);
      rows.push(attachments.allocates[i]);
      rows.push(attachments.destroys[i]);
      rows.push(attachments.hasAtc[i]);
      rows.push(attachments.steRef[i]);
      rows.push(attachments.atcRef[i]);
      rows.push(attachments.smmu[i]);
    }
    this.length++;
  }

  /** Trace time of the oldest submission's doorbell, ns. */
  get doorbellNs(): number {
    return this.headers.peek(0);
  }

  /** Trace time at which the vCPU saw the submission before the oldest one complete, ns. */
  get previousSeenNs(): number {
    return this.headers.peek(1);
  }

  /** Path of the oldest submission. */
  get path(): number {
    return this.headers.peek(2);
  }

  /** Move the oldest submission, published at simulated time `publishedNs`, into `into`. */
  take(into: Submission, publishedNs: number): void {
    const { headers, rows } = this;
    headers.shift();
    headers.shift();
    into.clear();
    into.path = headers.shift();
    into.publishedNs = publishedNs;
    into.measured = headers.shift() === 1;
    const guestCount = headers.shift();
    into.queue = headers.shift();
    into.lastSyncNumber = headers.shift();
    into.event = headers.shift();
    for (let i = 0; i < guestCount; i++) {
      const guestOpcode = rows.shift();
      const guestRef = rows.shift();
      const fault = rows.shift();
      into.addGuest(guestOpcode, guestRef, fault, rows.shift());
      const hostCount = rows.shift();
      for (let h = 0; h < hostCount; h++) {
        const opcode = rows.shift();
        const sid = rows.shift();
        const ref = rows.shift();
        const smmus = rows.shift();
        into.addHost(opcode, sid, ref, smmus, rows.shift());
      }
    }
    const attached = headers.shift();
    for (let i = 0; i < attached; i++) {
      const row = rows.shift();
      const sid = rows.shift();
      const steWrites = rows.shift();
      const allocates = rows.shift();
      const destroys = rows.shift();
      const hasAtc = rows.shift();
      const steRef = rows.shift();
      const atcRef = rows.shift();
      into.attachments.add(row, sid, steWrites, allocates, destroys, hasAtc, steRef, atcRef, rows.shift());
    }
    this.length--;
  }
}

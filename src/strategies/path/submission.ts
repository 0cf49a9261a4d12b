/**
 * One submission: what a PROD write published, and what the strategy made of it.
 *
 * Rows 0 … guestCount-1 are the guest's commands in queue order. Row i became host commands
 * hostFirst[i] … hostFirst[i] + hostCount[i] - 1 of the same submission. Arrays grow by doubling and are reused.
 */
import { Opcode, opcodeClass } from '../../trace/opcodes.js';
import { Attachments } from './attachments.js';

/** `guestFault` of a row that is never executed because of another row's fault. */
export const SKIPPED = 255;

/** 1 for the opcodes that invalidate a TLB. */
const IS_TLBI = Uint8Array.from({ length: 256 }, (_, opcode) => (opcodeClass(opcode) === 'tlbi' ? 1 : 0));

/** Scratch view of the submission that a vCPU is working on. */
export class Submission {
  /** Simulated time of the PROD write, ns. */
  publishedNs = 0;
  guestCount = 0;
  /** CMD_SYNCs among the guest's commands. */
  syncCount = 0;
  /** Invalidations of a TLB among them. */
  tlbiCount = 0;
  hostCountTotal = 0;
  /** False while warming up. */
  measured = true;
  /** vCPU within its VM, and the VM. */
  vcpu = 0;
  vm = 0;
  /** Guest queue that the doorbell rang, and the number of the last SYNC published with it. */
  queue = 0;
  lastSyncNumber = 0;
  /** Number of the event that published it, from 1 on. */
  event = 0;
  /** Trace times of its doorbell, and of the completion of the vCPU's submission before it as the guest saw it, ns. */
  doorbellNs = 0;
  previousSeenNs = 0;
  /** Path that it takes: 0, or 1 after a migration (see replay/migration/switchover.ts). */
  path = 0;
  /** Opcode of each guest row, and the range of its host rows. */
  guestOpcode = new Uint8Array(16);
  hostFirst = new Int32Array(16);
  hostCount = new Int32Array(16);
  hostOpcode = new Uint8Array(16);
  /** SID that a host ATC_INV addresses; -1 otherwise. */
  hostSid = new Float64Array(16);
  /** SMMUs that a host command goes to, one bit each. */
  hostSmmus = new Int32Array(16);
  /** Guest row that a host command serves. */
  hostGuestRow = new Int32Array(16);
  /** Simulated time at which each guest command was published, ns (a worker's drain mixes submissions). */
  rowPublishedNs = new Float64Array(16);
  /** What the effects of each row are filed under (see replay/effects.ts); -1: nothing. */
  guestRef = new Int32Array(16);
  /** By host command: for an ATC_INV the number of a TLBI from whose entries its device could refill; 0: none. And how many have one. */
  hostRefills = new Float64Array(16);
  refills = 0;
  hostRef = new Int32Array(16);
  /** 0, or what an injected fault does to the row: 1 + number of its incident (it fails), SKIPPED (it is not executed). */
  guestFault = new Uint8Array(16);
  /** 1 if the guest command counts, 0 while warming up. */
  rowMeasured = new Uint8Array(16);
  /** Number of each guest command in the trace, from 1 on, and of the event that published it. */
  rowNumber = new Float64Array(16);
  rowEvent = new Float64Array(16);
  /** What a timeline calls each guest command; 0: nothing. */
  rowTag = new Float64Array(16);
  /** Streams that the host attaches for the guest's CFGI_STEs. */
  readonly attachments = new Attachments();

  /** Forget all rows. */
  clear(): void {
    this.guestCount = 0;
    this.syncCount = 0;
    this.tlbiCount = 0;
    this.hostCountTotal = 0;
    this.refills = 0;
    this.attachments.clear();
  }

  /** All rows are published now, ns. */
  publishAt(publishedNs: number): void {
    this.publishedNs = publishedNs;
    for (let row = 0; row < this.guestCount; row++) this.rowPublishedNs[row] = publishedNs;
    this.rowEvent.fill(this.event, 0, this.guestCount);
  }

  /** Append a guest command; its host commands are the ones appended before the next guest command. */
  addGuest(opcode: number, ref = -1, fault = 0, number = 0): void {
    if (this.guestCount === this.guestOpcode.length) {
      this.guestOpcode = grown(this.guestOpcode, Uint8Array);
      this.hostFirst = grown(this.hostFirst, Int32Array);
      this.hostCount = grown(this.hostCount, Int32Array);
      this.rowPublishedNs = grown(this.rowPublishedNs, Float64Array);
      this.rowMeasured = grown(this.rowMeasured, Uint8Array);
      this.rowTag = grown(this.rowTag, Float64Array);
      this.rowNumber = grown(this.rowNumber, Float64Array);
      this.rowEvent = grown(this.rowEvent, Float64Array);
      this.guestRef = grown(this.guestRef, Int32Array);
      this.guestFault = grown(this.guestFault, Uint8Array);
    }
    const row = this.guestCount++;
    this.guestOpcode[row] = opcode;
    this.guestRef[row] = ref;
    this.guestFault[row] = fault;
    this.rowNumber[row] = number;
    this.rowEvent[row] = this.event;
    this.hostFirst[row] = this.hostCountTotal;
    this.hostCount[row] = 0;
    this.rowPublishedNs[row] = this.publishedNs;
    this.rowMeasured[row] = this.measured ? 1 : 0;
    if (opcode === Opcode.SYNC) this.syncCount++;
    this.tlbiCount += IS_TLBI[opcode];
  }

  /** Append a host command of the last guest command; bit s of `smmus` says that it goes to SMMU s, `refills` as in hostRefills. */
  addHost(opcode: number, sid: number, ref = -1, smmus = 1, refills = 0): void {
    if (this.hostCountTotal === this.hostOpcode.length) {
      this.hostOpcode = grown(this.hostOpcode, Uint8Array);
      this.hostSid = grown(this.hostSid, Float64Array);
      this.hostGuestRow = grown(this.hostGuestRow, Int32Array);
      this.hostRef = grown(this.hostRef, Int32Array);
      this.hostSmmus = grown(this.hostSmmus, Int32Array);
      this.hostRefills = grown(this.hostRefills, Float64Array);
    }
    const row = this.hostCountTotal++;
    this.hostOpcode[row] = opcode;
    this.hostRef[row] = ref;
    this.hostSmmus[row] = smmus;
    this.hostSid[row] = sid;
    this.hostRefills[row] = refills;
    if (refills > 0) this.refills++;
    this.hostGuestRow[row] = this.guestCount - 1;
    this.hostCount[this.guestCount - 1]++;
  }

  /** Append all rows of `other`, keeping its publication time and warm-up state. */
  append(other: Submission): void {
    const { publishedNs, measured } = this;
    this.publishedNs = other.publishedNs;
    this.measured = other.measured;
    this.attachments.append(other.attachments, this.guestCount);
    for (let i = 0; i < other.guestCount; i++) {
      this.addGuest(other.guestOpcode[i], other.guestRef[i], other.guestFault[i], other.rowNumber[i]);
      this.rowTag[this.guestCount - 1] = other.rowTag[i];
      this.rowEvent[this.guestCount - 1] = other.rowEvent[i];
      const end = other.hostFirst[i] + other.hostCount[i];
      for (let h = other.hostFirst[i]; h < end; h++) {
        this.addHost(other.hostOpcode[h], other.hostSid[h], other.hostRef[h], other.hostSmmus[h], other.hostRefills[h]);
      }
    }
    this.publishedNs = publishedNs;
    this.measured = measured;
  }

  /** Guest commands other than CMD_SYNC: the n of the closed forms (facts M §4.3). */
  get commandCount(): number {
    return this.guestCount - this.syncCount;
  }
}

function grown<T extends Uint8Array | Int32Array | Float64Array>(from: T, make: new (length: number) => T): T {
  const to = new make(from.length * 2);
  to.set(from);
  return to;
}

/**
 * Where `forward` puts host commands; ATC_INVs pass the targeting axis on their way.
 */

import type { Topology } from '../topology/topology.js';
import { type CommandWords, vmidOf } from '../trace/command.js';
import { Opcode, opcodeClass } from '../trace/opcodes.js';
import { highWordOfPage, lowWordOfPage } from '../trace/units.js';
import { AtcRange, asidNamedBy } from './atc-range.js';
import {
  EXTRA_CAUSE_ATC_BROADCAST,
  EXTRA_CAUSE_CD_BROADCAST,
  EXTRA_CAUSE_IMPLICIT_ATC,
  EXTRA_CAUSE_RANGE_EXPANSION,
  EXTRA_CAUSE_UNMAP_REQUEST,
  EXTRA_CAUSE_WIDENED,
} from './extra-causes.js';
import { contextWideOpcode, RangePages } from './range-pages.js';
import type { AtcTargeting } from './targeting/targeting.js';

/** Receives every host command, in order. */
export interface HostCommandReceiver {
  /** `extraCause` is -1 for the command itself, otherwise why it was added (see extra-causes.ts). `sid` is -1 but for ATC_INV. */
  onHostCommand(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number, extraCause: number): void;
  /** The path does something with a guest command that the review of the seed patch objected to: counted by `name`. */
  onFinding?(name: string): void;
}

/** Sink of one replay. */
export class HostCommandSink {
  private readonly range = new AtcRange();
  private readonly pages = new RangePages();
  private readonly derivesFromTlbi: boolean;

  constructor(
    private readonly targeting: AtcTargeting,
    private readonly receiver: HostCommandReceiver,
    /** Where the ATS devices are; without one (a trial) there are none. */
    private readonly topology: Pick<Topology, 'atsStreamsOfAsid' | 'streamsOfDomain'> = NO_DEVICES,
  ) {
    this.derivesFromTlbi = targeting.derivesFromTlbi === true;
  }

  /** Set per command: its operands are not known (the recorder kept only the opcode). */
  isSidUnknown = false;
  /** Set per publication: the VM that it comes from. */
  vm = 0;

  /**
   * Emit one host command as it is. An ATC_INV is sent to the streams that the targeting names, perhaps none; where the
   * targeting derives them from TLBIs, a TLBI is followed by its ATC_INVs.
   */
  emit(c0Low: number, c0High: number, c1Low: number, c1High: number): void {
    const opcode = c0Low & 0xff;
    if (opcode === Opcode.ATC_INV) this.emitAtcInv(c0Low, c0High, c1Low, c1High);
    else if (this.derivesFromTlbi && opcodeClass(opcode) === 'tlbi') {
      this.emitWithAtcs(c0Low, c0High, c1Low, c1High);
    } else this.receiver.onHostCommand(c0Low, c0High, c1Low, c1High, -1, -1);
  }

  /** Emit a TLBI and, whatever the targeting, one ATC_INV of its range to every ATS device of its domain. */
  emitWithAtcs(c0Low: number, c0High: number, c1Low: number, c1High: number): void {
    this.receiver.onHostCommand(c0Low, c0High, c1Low, c1High, -1, -1);
    this.emitAtcsOfTlbi(c0Low, c0High, c1Low, c1High);
  }

  /**
   * Emit a TLBI with range fields as single pages, or as one command for its whole context (see range-pages.ts), and what
   * follows the TLBI itself: ATC_INVs of its range, if the targeting derives them or `isWithAtcs`.
   * @returns false if nothing of the command is left, only the wider one in its place
   */
  emitPages(c0Low: number, c0High: number, c1Low: number, c1High: number, isWithAtcs = this.derivesFromTlbi): boolean {
    const { pages, receiver } = this;
    const opcode = c0Low & 0xff;
    pages.cover(c0Low, c1Low, c1High);
    const { first, step, count } = pages;
    if (count === 0) {
      const wide = contextWideOpcode(opcode);
      const high = wide === Opcode.TLBI_NH_ASID ? c0High : vmidOf(c0High);
      receiver.onHostCommand(wide, high, 0, 0, -1, EXTRA_CAUSE_WIDENED);
    }
    for (let i = 0; i < count; i++) {
      const page = first + i * step;
      const low = (lowWordOfPage(page) | (c1Low & 1)) >>> 0;
      receiver.onHostCommand(opcode, c0High, low, highWordOfPage(page), -1, i === 0 ? -1 : EXTRA_CAUSE_RANGE_EXPANSION);
    }
    if (isWithAtcs) this.emitAtcsOfTlbi(c0Low, c0High, c1Low, c1High);
    return count > 0;
  }

  private emitAtcsOfTlbi(c0Low: number, c0High: number, c1Low: number, c1High: number): void {
    const streams = this.atsStreams(this.isSidUnknown ? -1 : asidNamedBy(c0Low, c0High));
    if (streams.length === 0) return;
    this.range.coverTlbi(c0Low, c1Low, c1High);
    this.emitAtcsOfRange(streams);
  }

  /** ATS devices of the domain of `asid`; -1 means any domain. */
  private atsStreams(asid: number): readonly number[] {
    return this.topology.atsStreamsOfAsid(asid, this.vm);
  }

  /** Emit one ATC_INV of the range to each of `streams`. */
  private emitAtcsOfRange(streams: readonly number[]): void {
    const { receiver, range } = this;
    const low = (lowWordOfPage(range.page) | range.sizeLog2) >>> 0;
    const high = highWordOfPage(range.page);
    for (let i = 0; i < streams.length; i++) {
      receiver.onHostCommand(Opcode.ATC_INV, streams[i] >>> 0, low, high, streams[i], EXTRA_CAUSE_IMPLICIT_ATC);
    }
  }

  /** Emit the TLBIs of one unmap of `pages` pages from `page`, then one ATC_INV of all of it to every ATS device of `asid`. */
  emitUnmap(tlbis: readonly CommandWords[], asid: number, page: number, pages: number): void {
    const { receiver, range } = this;
    for (let i = 0; i < tlbis.length; i++) {
      receiver.onHostCommand(...tlbis[i], -1, EXTRA_CAUSE_UNMAP_REQUEST);
    }
    const streams = this.atsStreams(asid);
    if (streams.length === 0) return;
    range.coverPages(page, pages);
    this.emitAtcsOfRange(streams);
  }

  /** Emit a CFGI_CD or CFGI_CD_ALL, and the same for every other stream of its domain: they share one CD table. */
  emitToDomain(c0Low: number, c0High: number, c1Low: number, c1High: number): void {
    const { receiver, topology, isSidUnknown } = this;
    receiver.onHostCommand(c0Low, c0High, c1Low, c1High, -1, -1);
    if (isSidUnknown) return;
    const streams = topology.streamsOfDomain(c0High >>> 0);
    for (let i = 0; i < streams.length; i++) {
      receiver.onHostCommand(c0Low, streams[i], c1Low, c1High, -1, EXTRA_CAUSE_CD_BROADCAST);
    }
  }

  /** Stream to which the first host command of the guest's ATC_INV goes; -1 if it is not known or there is none. */
  firstAtcTarget(c0High: number): number {
    return this.targeting.targets(this.isSidUnknown ? -1 : c0High >>> 0)[0] ?? -1;
  }

  /** Count a finding about the guest command at hand. */
  find(name: string): void {
    this.receiver.onFinding?.(name);
  }

  private emitAtcInv(c0Low: number, c0High: number, c1Low: number, c1High: number): void {
    const targets = this.targeting.targets(this.isSidUnknown ? -1 : c0High >>> 0);
    // The named stream is the guest's command; every other one is the strategy's addition.
    for (let i = 0; i < targets.length; i++) {
      const sid = targets[i];
      const high = sid < 0 ? c0High : sid >>> 0;
      this.receiver.onHostCommand(c0Low, high, c1Low, c1High, sid, i === 0 ? -1 : EXTRA_CAUSE_ATC_BROADCAST);
    }
  }
}

const NO_STREAM: readonly number[] = [];
const NO_DEVICES = { atsStreamsOfAsid: () => NO_STREAM, streamsOfDomain: () => NO_STREAM };

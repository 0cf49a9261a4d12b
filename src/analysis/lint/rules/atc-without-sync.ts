/**
 * An ATC_INV behind a TLBI of (part of) its range, in one queue with no CMD_SYNC between them: until the TLBI is done, the
 * device may refill its ATC from the TLB, and nothing takes that out again. Linux waits for a SYNC in between (facts L §1.4,
 * §9.3). `safety.atc_refill_races` says on which paths the two meet in a host queue.
 *
 * A TLBI with an ASID is held only against streams that may translate with it: that have done so, or of which no ASID is known.
 * Not checked in what is translated from VT-d, where the order of the two is enough (recalled). At most 1024 TLBIs of a queue
 * wait for their SYNC here; beyond that the rule forgets the oldest, so it may miss a breach but never invents one.
 */

import type { ReaderStatistics } from '../../../formats/reader.js';
import {
  asidOf,
  atcPages,
  globalOf,
  isAddressTlbi,
  opcodeOf,
  pageOfCommand,
  sidOf,
  ssidOf,
  ssvOf,
  tlbiPages,
} from '../../../trace/command.js';
import { ABSENT, type EventBatch, EventFlag } from '../../../trace/events.js';
import { Opcode, opcodeClass } from '../../../trace/opcodes.js';
import { ADDRESS_SPACE_PAGES } from '../../../trace/units.js';
import { visit } from '../published.js';
import type { LintCheck, LintRule, ReportBreach } from '../rule.js';

const MOST_TLBIS = 1024;
/** As many as a report shows. */
const BREACHES_KEPT = 10;
/** TLBIs of one ASID. */
const NAMES_ASID = new Set<number>([Opcode.TLBI_NH_VA, Opcode.TLBI_NH_ASID, Opcode.TLBI_EL2_VA, Opcode.TLBI_EL2_ASID]);
const ANY = -1;

interface Tlbi {
  readonly line: number;
  /** ANY: of every ASID. */
  readonly asid: number;
  readonly first: number;
  readonly last: number;
}

/** ASIDs that a stream has translated with, by SubstreamID (ABSENT: none). */
type Asids = Map<number, Set<number>>;

class AtcWithoutSync implements LintCheck {
  /** Per queue: TLBIs since its last CMD_SYNC. */
  private readonly open = new Map<number, Tlbi[]>();
  private readonly streams = new Map<number, Asids>();
  /** Told at the end, when it is clear what was recorded: the first ones, and how many there are. */
  private readonly first: { readonly line: number; readonly what: string }[] = [];
  private breaches = 0;

  check(events: EventBatch): void {
    visit(events, {
      command: (batch, row) => this.command(batch, row),
      dma: (batch, row) => {
        if (batch.asid[row] !== ABSENT) this.bind(batch.sid[row], batch.ssid[row], batch.asid[row]);
      },
    });
  }

  end(report: ReportBreach, { translatedFrom }: ReaderStatistics): void {
    if (translatedFrom === 'VT-d') return;
    for (const { line, what } of this.first) report(line, what);
    const more = this.breaches - this.first.length;
    if (more > 0) report(this.first[this.first.length - 1].line, 'and more', more);
  }

  private command(batch: EventBatch, row: number): void {
    const opcode = opcodeOf(batch.cmd0Low[row]);
    const queue = batch.queue[row];
    if (opcode === Opcode.SYNC) {
      this.open.delete(queue);
      return;
    }
    if ((batch.flags[row] & EventFlag.OpcodeOnly) !== 0) return;
    if (opcode === Opcode.ATC_INV) this.atcInv(this.open.get(queue), batch, row);
    else if (opcodeClass(opcode) === 'tlbi') this.tlbi(queue, batch, row);
  }

  private tlbi(queue: number, { cmd0Low, cmd0High, cmd1Low, cmd1High, line }: EventBatch, row: number): void {
    const opcode = opcodeOf(cmd0Low[row]);
    // An intermediate address may be behind any address of a device.
    const isRange = isAddressTlbi(opcode) && opcode !== Opcode.TLBI_S2_IPA;
    const first = isRange ? pageOfCommand(cmd1Low[row], cmd1High[row]) : 0;
    const last = isRange ? first + tlbiPages(cmd0Low[row], cmd1Low[row]) - 1 : ADDRESS_SPACE_PAGES;
    const open = this.open.get(queue) ?? [];
    open.push({ line: line[row], asid: NAMES_ASID.has(opcode) ? asidOf(cmd0High[row]) : ANY, first, last });
    if (open.length > MOST_TLBIS) open.shift();
    this.open.set(queue, open);
  }

  private atcInv(open: readonly Tlbi[] | undefined, batch: EventBatch, row: number): void {
    if (open === undefined) return;
    const c0Low = batch.cmd0Low[row];
    const sid = sidOf(batch.cmd0High[row]);
    const ssid = ssvOf(c0Low) && !globalOf(c0Low) ? ssidOf(c0Low) : ANY;
    const pages = atcPages(batch.cmd1Low[row]);
    const first = Math.floor(pageOfCommand(batch.cmd1Low[row], batch.cmd1High[row]) / pages) * pages;
    const overlaps = (tlbi: Tlbi) => tlbi.first < first + pages && tlbi.last >= first;
    const tlbi = open.findLast((one) => overlaps(one) && this.mayTranslate(sid, ssid, one.asid));
    if (tlbi === undefined) return;
    if (this.breaches++ >= BREACHES_KEPT) return;
    const what = `ATC_INV of stream 0x${sid.toString(16)} behind the TLBI in line ${tlbi.line} with no CMD_SYNC between`;
    this.first.push({ line: batch.line[row], what });
  }

  /** True unless stream `sid` (its PASID `ssid`; ANY: any) is known to translate with other ASIDs than `asid` only. */
  private mayTranslate(sid: number, ssid: number, asid: number): boolean {
    const known = this.streams.get(sid);
    if (asid === ANY || known === undefined) return true;
    if (ssid !== ANY) return known.get(ssid)?.has(asid) ?? true;
    for (const asids of known.values()) if (asids.has(asid)) return true;
    return false;
  }

  private bind(sid: number, ssid: number, asid: number): void {
    let stream = this.streams.get(sid);
    if (stream === undefined) {
      stream = new Map();
      this.streams.set(sid, stream);
    }
    const asids = stream.get(ssid);
    if (asids === undefined) stream.set(ssid, new Set([asid]));
    else asids.add(asid);
  }
}

export const atcWithoutSync: LintRule = {
  name: 'atc-without-sync',
  severity: 'warning',
  summary: 'a CMD_SYNC is between a TLBI and the ATC_INVs of its range',
  create: () => new AtcWithoutSync(),
};

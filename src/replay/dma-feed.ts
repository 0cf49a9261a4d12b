/**
 * From dma events to translations: which of them reach the SMMU at all, and when.
 */
import type { Smmus } from '../smmu/smmus.js';
import { Stage } from '../smmu/stage.js';
import type { Topology } from '../topology/topology.js';
import { type EventBatch, EventFlag, Outcome } from '../trace/events.js';
import { DmaColumn } from '../translation/dma-ring.js';
import type { TimedTranslator } from '../translation/timed-translator.js';

/** `ordered`: a translation keeps its place among the commands. `timed`: it arrives at its recorded time (design §6). */
export const DMA_MODES = ['ordered', 'timed'] as const;
export type DmaMode = (typeof DMA_MODES)[number];

/** dma events by what became of them; JSON of `tlb.dma`. */
export interface DmaCounts {
  translated: number;
  faulted: number;
  bypassed: number;
  aborted: number;
  disabled: number;
  msi: number;
  msi_left_out: number;
}

/** Timed translations read ahead before the simulation is run on. */
const ARRIVALS_LIMIT = 4096;

/** Hands dma events to the SMMU, at once or by way of simulated time. */
export class DmaFeed {
  readonly counts: DmaCounts = {
    translated: 0,
    faulted: 0,
    bypassed: 0,
    aborted: 0,
    disabled: 0,
    msi: 0,
    msi_left_out: 0,
  };

  constructor(
    private readonly smmus: Smmus,
    private readonly topology: Topology,
    /** By SMMU; none with ordered DMA. */
    private readonly translators: readonly TimedTranslator[],
    private readonly withMsi: boolean,
    private readonly onTranslation: (ns: number, isMeasured: boolean) => void,
  ) {}

  /** Take row `row`; true if so many timed translations are pending that the simulation should run on. */
  take(batch: EventBatch, row: number, originNs: number, event: number, isMeasured: boolean): boolean {
    const { counts } = this;
    const isMsi = (batch.flags[row] & EventFlag.Msi) !== 0;
    if (isMsi && !this.withMsi) {
      counts.msi_left_out++;
      return false;
    }
    if (isMsi) counts.msi++;
    const outcome = batch.outcome[row];
    if (outcome >= Outcome.Bypass) {
      if (outcome === Outcome.Bypass) counts.bypassed++;
      else if (outcome === Outcome.Abort) counts.aborted++;
      else counts.disabled++;
      return false;
    }
    counts.translated++;
    const isFault = outcome === Outcome.Fault;
    if (isFault) counts.faulted++;
    const sid = batch.sid[row];
    const asid = batch.asid[row];
    if (sid >= 0 && asid >= 0) this.topology.bind(sid, batch.ssid[row], asid);
    const stage = (batch.flags[row] & EventFlag.Stage2) !== 0 ? Stage.S2 : Stage.Default;
    if (this.translators.length > 0) {
      return this.announce(
        this.translators[this.topology.smmuOf(sid)],
        batch,
        row,
        originNs,
        event,
        isMeasured,
        stage,
        isFault,
      );
    }
    const smmu = this.smmus.of(sid);
    const granuleLog2 = batch.granuleLog2[row] || this.topology.guestGranuleLog2;
    smmu.access.eventNumber = event;
    const ns = smmu.translate(
      sid,
      batch.ssid[row],
      asid,
      Math.max(0, batch.vmid[row]),
      batch.iovaPage[row],
      batch.pageSizeLog2[row],
      granuleLog2,
      stage,
      isFault,
    );
    this.onTranslation(ns, isMeasured);
    return false;
  }

  private announce(
    translator: TimedTranslator,
    batch: EventBatch,
    row: number,
    originNs: number,
    event: number,
    isMeasured: boolean,
    stage: Stage,
    isFault: boolean,
  ): boolean {
    const { arrivals } = translator;
    const at = arrivals.push();
    const { cells } = arrivals;
    cells[at + DmaColumn.TimeNs] = batch.timeNs[row] - originNs;
    cells[at + DmaColumn.Sid] = batch.sid[row];
    cells[at + DmaColumn.Ssid] = batch.ssid[row];
    cells[at + DmaColumn.Asid] = batch.asid[row];
    cells[at + DmaColumn.Vmid] = Math.max(0, batch.vmid[row]);
    cells[at + DmaColumn.Page] = batch.iovaPage[row];
    cells[at + DmaColumn.PageSizeLog2] = batch.pageSizeLog2[row];
    cells[at + DmaColumn.GranuleLog2] = batch.granuleLog2[row] || this.topology.guestGranuleLog2;
    cells[at + DmaColumn.Stage] = stage;
    cells[at + DmaColumn.IsFault] = isFault ? 1 : 0;
    cells[at + DmaColumn.Event] = event;
    cells[at + DmaColumn.IsMeasured] = isMeasured ? 1 : 0;
    translator.announce();
    return arrivals.length >= ARRIVALS_LIMIT;
  }
}

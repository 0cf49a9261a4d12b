/**
 * Timed DMA: a translation arrives at its recorded time, whatever the commands have come to by then (design §6).
 */

import { DmaColumn } from '../machine/translation/dma-ring.js';
import type { TimedTranslator } from '../machine/translation/timed-translator.js';
import { Stage } from '../smmu/stage.js';
import type { Topology } from '../topology/topology.js';
import { type EventBatch, EventFlag, EventKind, Outcome } from '../trace/events.js';
import { DmaFeed } from './dma-feed.js';

/** Translations read ahead before the simulation is run on. */
const ARRIVALS_LIMIT = 4096;

/** Announces translations to the translator of their SMMU. */
export class TimedDma extends DmaFeed {
  constructor(
    /** By SMMU. */
    private readonly translators: readonly TimedTranslator[],
    topology: Topology,
    withMsi: boolean,
    /** Trace time of the first event. */
    private readonly originNs: number,
    /** So many translations are pending that the simulation should run on; everything up to `readNs` has been read. */
    private readonly onFull: (readNs: number) => void,
  ) {
    super(topology, withMsi);
  }

  take(batch: EventBatch, from: number, end: number, event: number, isMeasured: boolean): number {
    let row = from;
    for (; row < end && batch.kind[row] === EventKind.Dma; row++) {
      event++;
      if (this.areTranslated(batch.flags[row], batch.outcome[row], 1)) this.announce(batch, row, event, isMeasured);
    }
    return row;
  }

  private announce(batch: EventBatch, row: number, event: number, isMeasured: boolean): void {
    const { topology } = this;
    const sid = batch.sid[row];
    const asid = batch.asid[row];
    if (sid >= 0 && asid >= 0) topology.bind(sid, batch.ssid[row], asid);
    const translator = this.translators[topology.smmuOf(sid)];
    const { arrivals } = translator;
    const arrivesNs = batch.timeNs[row] - this.originNs;
    const at = arrivals.push();
    const { cells } = arrivals;
    cells[at + DmaColumn.TimeNs] = arrivesNs;
    cells[at + DmaColumn.Sid] = sid;
    cells[at + DmaColumn.Ssid] = batch.ssid[row];
    cells[at + DmaColumn.Asid] = asid;
    cells[at + DmaColumn.Vmid] = Math.max(0, batch.vmid[row]);
    cells[at + DmaColumn.Page] = batch.iovaPage[row];
    cells[at + DmaColumn.PageSizeLog2] = batch.pageSizeLog2[row];
    cells[at + DmaColumn.GranuleLog2] = batch.granuleLog2[row] || topology.guestGranuleLog2;
    cells[at + DmaColumn.Stage] = (batch.flags[row] & EventFlag.Stage2) !== 0 ? Stage.S2 : Stage.Default;
    cells[at + DmaColumn.IsFault] = batch.outcome[row] === Outcome.Fault ? 1 : 0;
    cells[at + DmaColumn.Event] = event;
    cells[at + DmaColumn.IsMeasured] = isMeasured ? 1 : 0;
    translator.announce();
    if (arrivals.length >= ARRIVALS_LIMIT) this.onFull(arrivesNs);
  }
}

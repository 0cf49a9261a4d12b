/**
 * Ordered DMA: a translation takes place where it stands among the commands (design §6).
 *
 * The hottest loop of a replay. Devices translate in bursts, so neighbouring rows mostly differ in their page only: such a
 * run of rows is found first, in a loop that calls nothing, and then translated with whatever the rows have in common
 * looked up once.
 */
import { mainCounters } from '../smmu/main-counters.js';
import type { Smmu } from '../smmu/smmu.js';
import type { Smmus } from '../smmu/smmus.js';
import { Stage } from '../smmu/stage.js';
import type { Topology } from '../topology/topology.js';
import { type EventBatch, EventFlag, EventKind, Outcome } from '../trace/events.js';
import { DmaFeed } from './dma-feed.js';
import type { ReplayProbe } from './probe.js';

/** Translates in the order of the trace. */
export class OrderedDma extends DmaFeed {
  constructor(
    private readonly smmus: Smmus,
    topology: Topology,
    withMsi: boolean,
    /** Trace time of the first event. */
    private readonly originNs: number,
    private readonly probe: ReplayProbe,
  ) {
    super(topology, withMsi);
  }

  take(batch: EventBatch, from: number, end: number, event: number, isMeasured: boolean): number {
    const { kind, timeNs, flags, outcome } = batch;
    const { originNs, smmus } = this;
    const { sampler } = this.probe;
    let dueNs = sampler === undefined ? Number.POSITIVE_INFINITY : sampler.dueNs + originNs;
    let row = from;
    while (row < end && kind[row] === EventKind.Dma) {
      if (sampler !== undefined && timeNs[row] >= dueNs) {
        sampler.sample(timeNs[row] - originNs, mainCounters(smmus.list));
        dueNs = sampler.dueNs + originNs;
      }
      const to = runEnd(batch, row, end, dueNs);
      if (this.areTranslated(flags[row], outcome[row], to - row)) {
        this.translate(batch, row, to, event + row - from, isMeasured);
      }
      row = to;
    }
    return row;
  }

  /** Translate rows `from … to − 1`, a run; `event` is the number of the event before them. */
  private translate(batch: EventBatch, from: number, to: number, event: number, isMeasured: boolean): void {
    const { probe } = this;
    const { iovaPage } = batch;
    const smmu = this.selectStream(batch, from);
    const { access } = smmu;
    const isFault = batch.outcome[from] === Outcome.Fault;
    let ns = 0;
    let count = 0;
    for (let row = from; row < to; row++) {
      access.eventNumber = event + 1 + row - from;
      const took = smmu.translatePage(iovaPage[row], isFault);
      if (took !== ns) {
        if (count > 0) probe.onTranslations(ns, count, isMeasured);
        ns = took;
        count = 0;
      }
      count++;
    }
    probe.onTranslations(ns, count, isMeasured);
  }

  /** Point the SMMU of `row` at whatever else than a page the row names; returns that SMMU. */
  private selectStream(batch: EventBatch, row: number): Smmu {
    const { topology } = this;
    const sid = batch.sid[row];
    const ssid = batch.ssid[row];
    const asid = batch.asid[row];
    const stage: Stage = (batch.flags[row] & EventFlag.Stage2) !== 0 ? Stage.S2 : Stage.Default;
    if (sid >= 0 && asid >= 0) topology.bind(sid, ssid, asid);
    const smmu = this.smmus.of(sid);
    const stream = smmu.streamOf(sid, ssid, asid, batch.vmid[row], stage);
    smmu.selectStream(stream, batch.pageSizeLog2[row], batch.granuleLog2[row] || topology.guestGranuleLog2, stage);
    return smmu;
  }
}

/** First row behind `from` that is not like it in all but its page, or that is not before `dueNs`; at most `end`. */
function runEnd(batch: EventBatch, from: number, end: number, dueNs: number): number {
  const { kind, timeNs, flags, outcome, sid, ssid, asid, vmid, pageSizeLog2, granuleLog2 } = batch;
  const ofFlags = flags[from];
  const ofOutcome = outcome[from];
  const ofSid = sid[from];
  const ofSsid = ssid[from];
  const ofAsid = asid[from];
  const ofVmid = vmid[from];
  const ofSize = pageSizeLog2[from];
  const ofGranule = granuleLog2[from];
  let row = from + 1;
  while (
    row < end &&
    kind[row] === EventKind.Dma &&
    timeNs[row] < dueNs &&
    sid[row] === ofSid &&
    asid[row] === ofAsid &&
    ssid[row] === ofSsid &&
    vmid[row] === ofVmid &&
    flags[row] === ofFlags &&
    outcome[row] === ofOutcome &&
    pageSizeLog2[row] === ofSize &&
    granuleLog2[row] === ofGranule
  ) {
    row++;
  }
  return row;
}

/**
 * Ordered DMA: a translation takes place where it stands among the commands (design §6).
 *
 * The loop over neighbouring dma rows is the hottest of a replay. Devices translate in bursts, so a row mostly has the
 * stream of the row before it: SMMU, binding and stream row are looked up only when the stream changes.
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
    const { kind, timeNs, flags, outcome, sid, ssid, asid, vmid, iovaPage, pageSizeLog2, granuleLog2 } = batch;
    const { topology, smmus, originNs, probe } = this;
    const { sampler } = probe;
    const { guestGranuleLog2 } = topology;
    let dueNs = sampler === undefined ? Number.POSITIVE_INFINITY : sampler.dueNs + originNs;
    let smmu: Smmu = smmus.list[0];
    let stream = -1;
    let stage: Stage = Stage.Default;
    // Of the row whose stream it is.
    let sidOfStream = 0;
    let ssidOfStream = 0;
    let asidOfStream = 0;
    let vmidOfStream = 0;
    let row = from;
    for (; row < end && kind[row] === EventKind.Dma; row++) {
      event++;
      if (sampler !== undefined && timeNs[row] >= dueNs) {
        sampler.sample(timeNs[row] - originNs, mainCounters(smmus.list));
        dueNs = sampler.dueNs + originNs;
      }
      if (!this.isTranslated(flags[row], outcome[row])) continue;
      const rowStage = (flags[row] & EventFlag.Stage2) !== 0 ? Stage.S2 : Stage.Default;
      if (
        stream < 0 ||
        rowStage !== stage ||
        sid[row] !== sidOfStream ||
        ssid[row] !== ssidOfStream ||
        asid[row] !== asidOfStream ||
        vmid[row] !== vmidOfStream
      ) {
        sidOfStream = sid[row];
        ssidOfStream = ssid[row];
        asidOfStream = asid[row];
        vmidOfStream = vmid[row];
        if (sidOfStream >= 0 && asidOfStream >= 0) topology.bind(sidOfStream, ssidOfStream, asidOfStream);
        smmu = smmus.of(sidOfStream);
        stage = rowStage;
        stream = smmu.streamOf(sidOfStream, ssidOfStream, asidOfStream, vmidOfStream, stage);
      }
      smmu.access.eventNumber = event;
      const granule = granuleLog2[row] || guestGranuleLog2;
      const isFault = outcome[row] === Outcome.Fault;
      const ns = smmu.translateFor(stream, iovaPage[row], pageSizeLog2[row], granule, stage, isFault);
      probe.onTranslation(ns, isMeasured);
    }
    return row;
  }
}

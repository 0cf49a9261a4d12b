/**
 * What has to be known about a trace before its first event is replayed: streams, vCPUs, whether completions were recorded.
 *
 * The survey keeps the batches it reads and the replay starts from those, so that the trace is decoded once. A trace longer
 * than the budget is surveyed over its beginning only; what shows later is learnt on the way and said in the result.
 */

import { Topology } from '../topology/topology.js';
import { type EventBatch, EventFlag, EventKind } from '../trace/events.js';

/** Events that a survey may hold: 84 bytes each. */
export const SURVEY_EVENTS = 1 << 19;

/** Facts about a trace, or about its beginning. */
export class Survey {
  readonly topology: Topology;
  readonly batches: EventBatch[] = [];
  /** True when the whole trace was seen. */
  isComplete = false;
  hasSyncDone = false;
  hasDma = false;
  hasUnmap = false;
  /** Translations have VMIDs of their own: a recording of a host, where VMIDs are real. Otherwise all are of one guest. */
  hasVmids = false;
  /** Time of the first event, ns. */
  originNs = 0;
  events = 0;
  readonly doorbellsByVcpu = new Map<number, number>();

  /** @param vms VMs that the events come from (see topology/several-vms.ts) */
  constructor(private readonly vms: number) {
    this.topology = new Topology(vms);
  }

  private take(batch: EventBatch): void {
    if (this.events === 0 && batch.count > 0) this.originNs = batch.timeNs[0];
    this.events += batch.count;
    this.batches.push(batch);
    this.topology.survey(batch);
    const { kind, vcpu, vmid, flags } = batch;
    for (let row = 0; row < batch.count; row++) {
      if (kind[row] === EventKind.Dma) {
        this.hasDma = true;
        // VM k of n has the VMIDs k, n + k, … (see topology/several-vms.ts).
        if (vmid[row] >= this.vms) this.hasVmids = true;
      } else if (kind[row] === EventKind.SyncDone) this.hasSyncDone = true;
      else if (kind[row] === EventKind.Unmap) this.hasUnmap ||= (flags[row] & EventFlag.Deferred) === 0;
      else if (kind[row] === EventKind.Doorbell) {
        const index = Math.max(0, vcpu[row]);
        this.doorbellsByVcpu.set(index, (this.doorbellsByVcpu.get(index) ?? 0) + 1);
      }
    }
  }

  /** Read batches until the trace ends or the budget is used up. */
  static async of(
    batches: AsyncIterator<EventBatch>,
    onBatch: (events: number) => void = () => {},
    budget = SURVEY_EVENTS,
    vms = 1,
  ): Promise<Survey> {
    const survey = new Survey(vms);
    while (survey.events < budget) {
      const next = await batches.next();
      if (next.done === true) {
        survey.isComplete = true;
        break;
      }
      survey.take(next.value);
      onBatch(survey.events);
    }
    survey.topology.settle();
    return survey;
  }
}

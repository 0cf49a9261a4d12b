/**
 * From dma events to translations: the contract, and what became of the events. One file per mode (`DMA_MODES`).
 */
import type { Topology } from '../topology/topology.js';
import { type EventBatch, EventFlag, Outcome } from '../trace/events.js';

/** `ordered`: a translation keeps its place among the commands. `timed`: it arrives at its recorded time (design §6). */
const DMA_MODES = ['ordered', 'timed'] as const;
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

/** Hands dma events to the SMMU, at once or by way of simulated time. */
export abstract class DmaFeed {
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
    protected readonly topology: Topology,
    private readonly withMsi: boolean,
  ) {}

  /**
   * Take the dma events from row `from` on, up to the first event that is none and not beyond row `end`. `event` is the number
   * of the event before them. Returns the row behind the last one taken.
   */
  abstract take(batch: EventBatch, from: number, end: number, event: number, isMeasured: boolean): number;

  /** Count `events` events with these columns; false: they are never translated. */
  protected areTranslated(flags: number, outcome: number, events: number): boolean {
    const { counts } = this;
    if ((flags & EventFlag.Msi) !== 0) {
      if (!this.withMsi) {
        counts.msi_left_out += events;
        return false;
      }
      counts.msi += events;
    }
    if (outcome >= Outcome.Bypass) {
      if (outcome === Outcome.Bypass) counts.bypassed += events;
      else if (outcome === Outcome.Abort) counts.aborted += events;
      else counts.disabled += events;
      return false;
    }
    counts.translated += events;
    if (outcome === Outcome.Fault) counts.faulted += events;
    return true;
  }
}

/**
 * Device translations with fixed arrival times (`--dma timed`): they contend for slots and race with the guest's commands.
 */
import type { LoadedProfile } from '../../profiles/load.js';
import type { Smmu } from '../../smmu/smmu.js';
import type { Actor, Simulator } from '../sim/simulator.js';
import { DmaColumn, DmaRing } from './dma-ring.js';
import { TranslationResources } from './pools.js';
import { TimedTranslation, type TranslationSurroundings } from './timed-translation.js';
import { WalksUnderWay } from './walks-under-way.js';

/** Told of each finished translation. */
export type OnTranslation = (ns: number, isMeasured: boolean) => void;

/** Arrivals, translations in flight and their shared resources. */
export class TimedTranslator implements Actor, TranslationSurroundings {
  readonly resources: TranslationResources;
  readonly walks: WalksUnderWay;
  readonly arrivals = new DmaRing();
  finished = 0;
  inFlight = 0;
  mostInFlight = 0;
  /** Told, if set, of each walk when it ends. */
  onWalk: ((sid: number, page: number, fromNs: number, untilNs: number) => void) | undefined;
  private readonly actor: number;
  private isScheduled = false;
  private readonly idle: TimedTranslation[] = [];

  constructor(
    readonly simulator: Simulator,
    readonly smmu: Smmu,
    profile: LoadedProfile,
    private readonly onTranslation: OnTranslation,
    /** Called once, when the first counted translation arrives. */
    private readonly onFirstMeasured: () => void,
  ) {
    this.actor = simulator.register(this);
    this.resources = new TranslationResources(simulator, profile);
    this.walks = new WalksUnderWay(simulator);
  }

  private hasMeasured = false;

  /** A row was pushed onto `arrivals`: see that it arrives. */
  announce(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.simulator.schedule(Math.max(this.simulator.nowNs, this.arrivals.oldest(DmaColumn.TimeNs)), this.actor);
  }

  /** The oldest arrival is due. */
  wake(): void {
    this.isScheduled = false;
    const { arrivals } = this;
    const translation = this.idle.pop() ?? new TimedTranslation(this);
    translation.arrivedNs = arrivals.oldest(DmaColumn.TimeNs);
    translation.sid = arrivals.oldest(DmaColumn.Sid);
    translation.ssid = arrivals.oldest(DmaColumn.Ssid);
    translation.asid = arrivals.oldest(DmaColumn.Asid);
    translation.vmid = arrivals.oldest(DmaColumn.Vmid);
    translation.page = arrivals.oldest(DmaColumn.Page);
    translation.pageSizeLog2 = arrivals.oldest(DmaColumn.PageSizeLog2);
    translation.granuleLog2 = arrivals.oldest(DmaColumn.GranuleLog2);
    translation.stage = arrivals.oldest(DmaColumn.Stage);
    translation.isFault = arrivals.oldest(DmaColumn.IsFault) === 1;
    translation.event = arrivals.oldest(DmaColumn.Event);
    translation.isMeasured = arrivals.oldest(DmaColumn.IsMeasured) === 1;
    arrivals.shift();
    if (arrivals.length > 0) this.announce();
    if (translation.isMeasured && !this.hasMeasured) {
      this.hasMeasured = true;
      this.onFirstMeasured();
    }
    this.inFlight++;
    if (this.inFlight > this.mostInFlight) this.mostInFlight = this.inFlight;
    translation.start();
  }

  /** Done: report and reuse. */
  finish(translation: TimedTranslation): void {
    this.inFlight--;
    this.finished++;
    this.onTranslation(this.simulator.nowNs - translation.arrivedNs, translation.isMeasured);
    this.idle.push(translation);
  }
}

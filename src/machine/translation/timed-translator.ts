/**
 * Device translations with fixed arrival times (`--dma timed`): they contend for slots and race with the guest's commands.
 */
import type { LoadedProfile } from '../../profiles/load.js';
import type { Answer } from '../../smmu/answer.js';
import type { Smmu } from '../../smmu/smmu.js';
import type { Stage } from '../../smmu/stage.js';
import type { Actor, Simulator } from '../sim/simulator.js';
import { DmaColumn, DmaRing } from './dma-ring.js';
import { TranslationResources } from './pools.js';
import { TimedTranslation } from './timed-translation.js';

/** Told of each finished translation. */
export type OnTranslation = (ns: number, isMeasured: boolean) => void;

/** Arrivals, translations in flight and their shared resources. */
export class TimedTranslator implements Actor {
  readonly resources: TranslationResources;
  readonly arrivals = new DmaRing();
  /** Misses that waited for a walk to the same page instead of walking themselves. */
  merged = 0;
  finished = 0;
  inFlight = 0;
  mostInFlight = 0;
  /** Told, if set, of each walk when it ends. */
  onWalk: ((sid: number, page: number, fromNs: number, untilNs: number) => void) | undefined;
  private readonly actor: number;
  private isScheduled = false;
  private readonly idle: TimedTranslation[] = [];
  /** The walk under way to each page, by page number; two tags on one page are rare and do not merge. */
  private readonly walks = new Map<number, TimedTranslation>();

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

  /** True if a walk for the translation's page and tag is under way. */
  isUnderWay(translation: TimedTranslation): boolean {
    const walk = this.walks.get(translation.page);
    return walk !== undefined && walk.asid === translation.asid && walk.vmid === translation.vmid;
  }

  /** Let `translation` wait for the walk to its page; false if that has ended. */
  waitForSamePage(translation: TimedTranslation): boolean {
    if (!this.isUnderWay(translation)) return false;
    const walk = this.walks.get(translation.page) as TimedTranslation;
    let last = walk;
    while (last.nextSamePage !== undefined) last = last.nextSamePage;
    last.nextSamePage = translation;
    this.merged++;
    return true;
  }

  /** Ask the structures; they change at once. */
  ask(translation: TimedTranslation): Answer {
    const { smmu } = this;
    smmu.access.eventNumber = translation.event;
    smmu.translate(
      translation.sid,
      translation.ssid,
      translation.asid,
      translation.vmid,
      translation.page,
      translation.pageSizeLog2,
      translation.granuleLog2,
      translation.stage as Stage,
      translation.isFault,
    );
    return smmu.answer;
  }

  /** A miss: later ones to its page wait for it. False if another tag's walk already stands for the page. */
  beginWalk(translation: TimedTranslation): boolean {
    if (this.walks.has(translation.page)) return false;
    this.walks.set(translation.page, translation);
    return true;
  }

  /** The walk has ended: wake whoever waited for it. */
  endWalk(translation: TimedTranslation): void {
    this.walks.delete(translation.page);
    let waiting = translation.nextSamePage;
    translation.nextSamePage = undefined;
    while (waiting !== undefined) {
      const next: TimedTranslation | undefined = waiting.nextSamePage;
      waiting.nextSamePage = undefined;
      this.simulator.schedule(this.simulator.nowNs, waiting.actor);
      waiting = next;
    }
  }

  /** Done: report and reuse. */
  finish(translation: TimedTranslation): void {
    this.inFlight--;
    this.finished++;
    this.onTranslation(this.simulator.nowNs - translation.arrivedNs, translation.isMeasured);
    this.idle.push(translation);
  }
}

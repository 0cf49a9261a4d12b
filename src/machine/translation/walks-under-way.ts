/**
 * The walk under way to each page, and the misses to the same page that wait for it (gem5's hazard list). Two tags on one page are
 * rare and do not merge.
 */
import type { Actor, Simulator } from '../sim/simulator.js';

/** A translation whose miss walks or waits; those that wait for one walk are a list in the order of their misses. */
export interface WalkingTranslation extends Actor {
  readonly actor: number;
  readonly page: number;
  readonly asid: number;
  readonly vmid: number;
  /** Next translation that waits for the same page. */
  nextSamePage: WalkingTranslation | undefined;
}

export class WalksUnderWay {
  /** Misses that waited for a walk to the same page instead of walking themselves. */
  merged = 0;
  private readonly byPage = new Map<number, WalkingTranslation>();

  constructor(private readonly simulator: Simulator) {}

  /** True if a walk for the translation's page and tag is under way. */
  isUnderWay(translation: WalkingTranslation): boolean {
    const walk = this.byPage.get(translation.page);
    return walk !== undefined && walk.asid === translation.asid && walk.vmid === translation.vmid;
  }

  /** Let `translation` wait for the walk to its page; false if that has ended. */
  wait(translation: WalkingTranslation): boolean {
    if (!this.isUnderWay(translation)) return false;
    let last = this.byPage.get(translation.page) as WalkingTranslation;
    while (last.nextSamePage !== undefined) last = last.nextSamePage;
    last.nextSamePage = translation;
    this.merged++;
    return true;
  }

  /** A miss: later ones to its page wait for it. False if another tag's walk already stands for the page. */
  begin(translation: WalkingTranslation): boolean {
    if (this.byPage.has(translation.page)) return false;
    this.byPage.set(translation.page, translation);
    return true;
  }

  /** The walk has ended: wake whoever waited for it. */
  end(translation: WalkingTranslation): void {
    this.byPage.delete(translation.page);
    let waiting = translation.nextSamePage;
    translation.nextSamePage = undefined;
    while (waiting !== undefined) {
      const next: WalkingTranslation | undefined = waiting.nextSamePage;
      waiting.nextSamePage = undefined;
      this.simulator.schedule(this.simulator.nowNs, waiting.actor);
      waiting = next;
    }
  }
}

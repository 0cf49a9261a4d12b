/**
 * One device translation on simulated time.
 *
 * Its path is that of facts M §1.4: [ATC → PCIe request →] TBU slot → port → uTLB → main TLB → link → TCU slot →
 * configuration → shared TLB → walker → link → request port. What the structures answer, and what they hold afterwards, is
 * decided at the first lookup; but an entry whose walk is still under way is not usable before that walk has ended: a
 * second miss to its page waits for the first and then looks up again (gem5's hazard list). If a command removed the
 * entry meanwhile, that second lookup misses and walks anew: a walk never leaves a stale entry behind.
 */

import { type Answer, HitLevel } from '../../smmu/answer.js';
import type { Smmu } from '../../smmu/smmu.js';
import type { Stage } from '../../smmu/stage.js';
import type { Simulator } from '../sim/simulator.js';
import { Itinerary, Leg } from './itinerary.js';
import { Pool, type TranslationResources } from './pools.js';
import type { WalkingTranslation, WalksUnderWay } from './walks-under-way.js';

/** What the translations of one SMMU share. */
export interface TranslationSurroundings {
  readonly simulator: Simulator;
  readonly smmu: Smmu;
  readonly resources: TranslationResources;
  readonly walks: WalksUnderWay;
  /** Told, if set, of each walk when it ends. */
  onWalk: ((sid: number, page: number, fromNs: number, untilNs: number) => void) | undefined;
  /** `translation` is done and may be used again. */
  finish(translation: TimedTranslation): void;
}

/** Reusable; one per translation in flight. */
export class TimedTranslation implements WalkingTranslation {
  readonly actor: number;
  sid = 0;
  ssid = -1;
  asid = 0;
  vmid = 0;
  page = 0;
  pageSizeLog2 = 0;
  granuleLog2 = 0;
  stage = 0;
  isFault = false;
  isMeasured = false;
  event = 0;
  arrivedNs = 0;
  nextSamePage: WalkingTranslation | undefined;
  private readonly itinerary = new Itinerary();
  private hasAtc = false;
  /** This translation's miss is the one that others to its page wait for. */
  private isLeading = false;
  private hasWaited = false;
  private walkNs = 0;

  constructor(private readonly shared: TranslationSurroundings) {
    this.actor = shared.simulator.register(this);
  }

  /** Begin now; the fields have been set. */
  start(): void {
    const { shared, itinerary } = this;
    const { resources } = shared;
    this.hasAtc = shared.smmu.hasAtc(this.sid);
    this.isLeading = false;
    this.hasWaited = false;
    itinerary.clear();
    if (this.hasAtc) itinerary.add(Leg.Take, resources.atcPool(this.sid)).add(Leg.LookUp);
    else this.enterTbu().add(Leg.LookUp);
    this.wake();
  }

  wake(): void {
    const { itinerary, shared } = this;
    const { simulator, resources } = shared;
    while (!itinerary.isDone) {
      const { operation, operand } = itinerary;
      itinerary.advance();
      switch (operation) {
        case Leg.Take:
          if (!resources.pools[operand].acquire(this.actor)) return;
          break;
        case Leg.Free:
          resources.pools[operand].release();
          if (operand === Pool.Walker && shared.onWalk !== undefined) {
            shared.onWalk(this.sid, this.page, simulator.nowNs - this.walkNs, simulator.nowNs);
          }
          break;
        case Leg.Pass: {
          const untilNs = simulator.nowNs + operand;
          if (operand > 0 && !simulator.tryAdvance(untilNs)) {
            simulator.schedule(untilNs, this.actor);
            return;
          }
          break;
        }
        case Leg.LookUp:
          this.lookUp();
          break;
        default:
          if (shared.walks.wait(this)) return;
      }
    }
    if (this.isLeading) shared.walks.end(this);
    shared.finish(this);
  }

  /** Into the TBU, up to holding a uTLB lookup slot. */
  private enterTbu(): Itinerary {
    const { resources } = this.shared;
    return this.itinerary.add(Leg.Take, Pool.TbuXlate).add(Leg.Pass, resources.devicePortNs).add(Leg.Take, Pool.Utlb);
  }

  /** A lookup slot is held: decide what happens, and lay out the rest of the way. */
  private lookUp(): void {
    const { shared, itinerary } = this;
    const { resources: r } = shared;
    const repeats = this.hasWaited;
    itinerary.clear();
    if (!repeats && shared.walks.isUnderWay(this)) {
      // The structures cannot answer before the walk under way has ended: this is a miss that merges with it.
      this.hasWaited = true;
      if (this.hasAtc) itinerary.add(Leg.Pass, r.atcNs).add(Leg.Free, r.atcPool(this.sid)).add(Leg.AwaitSamePage);
      else this.missTlbs().add(Leg.AwaitSamePage);
      itinerary.add(Leg.Take, this.hasAtc ? r.atcPool(this.sid) : Pool.Main).add(Leg.LookUp);
      return;
    }
    const answer = this.ask();
    const isWalk = answer.level > HitLevel.Main;
    if (isWalk) this.isLeading = shared.walks.begin(this);
    if (this.hasAtc) {
      itinerary.add(Leg.Pass, r.atcNs).add(Leg.Free, r.atcPool(this.sid));
      if (answer.level === HitLevel.Atc) return;
      itinerary.add(Leg.Pass, r.atsRequestNs);
      this.enterTbu();
    } else if (repeats) {
      // Only the main TLB is looked up again after the wait.
      itinerary.add(Leg.Pass, r.mainNs).add(Leg.Free, Pool.Main);
      if (isWalk) this.passTcu(answer);
      itinerary.add(Leg.Pass, r.requestPortNs).add(Leg.Free, Pool.TbuXlate);
      return;
    }
    if (answer.level === HitLevel.Utlb) itinerary.add(Leg.Pass, r.utlbNs).add(Leg.Free, Pool.Utlb);
    else this.missTlbs();
    if (isWalk) this.passTcu(answer);
    itinerary.add(Leg.Pass, r.requestPortNs).add(Leg.Free, Pool.TbuXlate);
  }

  /** Ask the structures; they change at once. */
  private ask(): Answer {
    const { smmu } = this.shared;
    smmu.access.eventNumber = this.event;
    smmu.translate(
      this.sid,
      this.ssid,
      this.asid,
      this.vmid,
      this.page,
      this.pageSizeLog2,
      this.granuleLog2,
      this.stage as Stage,
      this.isFault,
    );
    return smmu.answer;
  }

  /** uTLB (its slot is held) and main TLB, both looked up. */
  private missTlbs(): Itinerary {
    const { resources: r } = this.shared;
    return this.itinerary.add(Leg.Pass, r.utlbNs).add(Leg.Free, Pool.Utlb).use(Pool.Main, r.mainNs);
  }

  private passTcu({ level, configNs, walkNs }: { level: number; configNs: number; walkNs: number }): void {
    const { resources: r } = this.shared;
    this.itinerary
      .add(Leg.Pass, r.linkOutNs)
      .add(Leg.Take, Pool.TcuXlate)
      .use(Pool.Config, r.configNs)
      .add(Leg.Pass, Math.max(0, configNs - r.configNs));
    if (r.tcuNs > 0) this.itinerary.use(Pool.Tcu, r.tcuNs);
    this.walkNs = walkNs;
    if (level === HitLevel.Walk) this.itinerary.use(Pool.Walker, walkNs);
    this.itinerary.add(Leg.Free, Pool.TcuXlate).add(Leg.Pass, r.linkBackNs);
  }
}

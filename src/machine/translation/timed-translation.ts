/**
 * One device translation on simulated time.
 *
 * Its path is that of facts M §1.4: [ATC → PCIe request →] TBU slot → port → uTLB → main TLB → link → TCU slot →
 * configuration → shared TLB → walker → link → request port. What the structures answer, and what they hold afterwards, is
 * decided at the first lookup; but an entry whose walk is still under way is not usable before that walk has ended: a
 * second miss to its page waits for the first and then looks up again (gem5's hazard list). If a command removed the
 * entry meanwhile, that second lookup misses and walks anew: a walk never leaves a stale entry behind.
 */

import { HitLevel } from '../../smmu/answer.js';
import type { Actor } from '../sim/simulator.js';
import { Itinerary, Leg } from './itinerary.js';
import { Pool } from './pools.js';
import type { TimedTranslator } from './timed-translator.js';

/** Reusable; one per translation in flight. */
export class TimedTranslation implements Actor {
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
  /** Next translation that waits for the same page. */
  nextSamePage: TimedTranslation | undefined;
  private readonly itinerary = new Itinerary();
  private hasAtc = false;
  /** This translation's miss is the one that others to its page wait for. */
  private isLeading = false;
  private hasWaited = false;
  private walkNs = 0;

  constructor(private readonly translator: TimedTranslator) {
    this.actor = translator.simulator.register(this);
  }

  /** Begin now; the fields have been set. */
  start(): void {
    const { translator, itinerary } = this;
    const { resources } = translator;
    this.hasAtc = translator.smmu.hasAtc(this.sid);
    this.isLeading = false;
    this.hasWaited = false;
    itinerary.clear();
    if (this.hasAtc) itinerary.add(Leg.Take, resources.atcPool(this.sid)).add(Leg.LookUp);
    else this.enterTbu().add(Leg.LookUp);
    this.wake();
  }

  wake(): void {
    const { itinerary, translator } = this;
    const { simulator, resources } = translator;
    while (!itinerary.isDone) {
      const { operation, operand } = itinerary;
      itinerary.advance();
      switch (operation) {
        case Leg.Take:
          if (!resources.pools[operand].acquire(this.actor)) return;
          break;
        case Leg.Free:
          resources.pools[operand].release();
          if (operand === Pool.Walker && translator.onWalk !== undefined) {
            translator.onWalk(this.sid, this.page, simulator.nowNs - this.walkNs, simulator.nowNs);
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
          if (translator.waitForSamePage(this)) return;
      }
    }
    if (this.isLeading) translator.endWalk(this);
    translator.finish(this);
  }

  /** Into the TBU, up to holding a uTLB lookup slot. */
  private enterTbu(): Itinerary {
    const { resources } = this.translator;
    return this.itinerary.add(Leg.Take, Pool.TbuXlate).add(Leg.Pass, resources.devicePortNs).add(Leg.Take, Pool.Utlb);
  }

  /** A lookup slot is held: decide what happens, and lay out the rest of the way. */
  private lookUp(): void {
    const { translator, itinerary } = this;
    const { resources: r } = translator;
    const repeats = this.hasWaited;
    itinerary.clear();
    if (!repeats && translator.isUnderWay(this)) {
      // The structures cannot answer before the walk under way has ended: this is a miss that merges with it.
      this.hasWaited = true;
      if (this.hasAtc) itinerary.add(Leg.Pass, r.atcNs).add(Leg.Free, r.atcPool(this.sid)).add(Leg.AwaitSamePage);
      else this.missTlbs().add(Leg.AwaitSamePage);
      itinerary.add(Leg.Take, this.hasAtc ? r.atcPool(this.sid) : Pool.Main).add(Leg.LookUp);
      return;
    }
    const answer = translator.ask(this);
    const isWalk = answer.level > HitLevel.Main;
    if (isWalk) this.isLeading = translator.beginWalk(this);
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

  /** uTLB (its slot is held) and main TLB, both looked up. */
  private missTlbs(): Itinerary {
    const { resources: r } = this.translator;
    return this.itinerary.add(Leg.Pass, r.utlbNs).add(Leg.Free, Pool.Utlb).use(Pool.Main, r.mainNs);
  }

  private passTcu({ level, configNs, walkNs }: { level: number; configNs: number; walkNs: number }): void {
    const { resources: r } = this.translator;
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

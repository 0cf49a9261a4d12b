/**
 * Discrete-event core: a clock, a heap of wake-ups and the actors they wake.
 *
 * Time is integer ns. An actor that only lets time pass asks `tryAdvance` first: when nothing else is due before then, the
 * clock moves at once and the heap is not touched; this is what keeps an uncontended replay cheap.
 */
import { EventHeap } from './event-heap.js';

/** Something that acts at points in simulated time: a vCPU, a worker, the command engine. */
export interface Actor {
  /** Called when a scheduled wake-up of this actor is due; `simulator.nowNs` is its time. */
  wake(): void;
}

/** Clock and schedule of one replay. */
export class Simulator {
  nowNs = 0;
  private readonly heap = new EventHeap();
  private readonly actors: Actor[] = [];
  /** Wake-ups at or after this time stay in the heap. */
  private horizonNs = Number.NEGATIVE_INFINITY;
  /** Wake-ups handled so far. */
  wakeUps = 0;

  /** Register an actor; the returned id is what `schedule` takes. */
  register(actor: Actor): number {
    return this.actors.push(actor) - 1;
  }

  /** Wake `actor` at `timeNs` (not before now). */
  schedule(timeNs: number, actor: number): void {
    if (timeNs < this.nowNs) throw new Error(`wake-up at ${timeNs} ns lies before now (${this.nowNs} ns)`);
    this.heap.push(timeNs, actor);
  }

  /** Move the clock to `timeNs` if nothing else is due until then; false means: schedule yourself and return. */
  tryAdvance(timeNs: number): boolean {
    if (timeNs >= this.horizonNs || this.heap.earliestNs <= timeNs) return false;
    this.nowNs = timeNs;
    return true;
  }

  /** Handle every wake-up before `horizonNs` (exclusive). */
  run(horizonNs: number): void {
    this.horizonNs = horizonNs;
    const { heap, actors } = this;
    while (heap.earliestNs < this.horizonNs) {
      this.nowNs = heap.earliestNs;
      this.wakeUps++;
      actors[heap.pop()].wake();
    }
  }

  /** While running: stop before `horizonNs` if that is earlier than the present horizon. */
  lowerHorizon(horizonNs: number): void {
    if (horizonNs < this.horizonNs) this.horizonNs = horizonNs;
  }

  /** True when no wake-up is pending. */
  get isIdle(): boolean {
    return this.heap.size === 0;
  }
}

/**
 * What one translation does, step by step: take a slot, let time pass, give the slot back (facts M §1.4).
 *
 * Layout: step i is two numbers at 2i: operation and operand (pool number, or ns). Reused, so compiling allocates nothing.
 */

/** Operations. */
export const enum Leg {
  /** Wait for a slot of pool `operand`. */
  Take = 0,
  /** Give a slot of pool `operand` back. */
  Free = 1,
  /** Let `operand` ns pass. */
  Pass = 2,
  /** Ask the structures; what follows depends on the answer. */
  LookUp = 3,
  /** Wait until the walk for the same page has ended. */
  AwaitSamePage = 4,
}

const LONGEST = 48;

/** A short list of steps. */
export class Itinerary {
  private readonly cells = new Float64Array(2 * LONGEST);
  private length = 0;
  private next = 0;

  clear(): void {
    this.length = 0;
    this.next = 0;
  }

  add(operation: number, operand = 0): this {
    this.cells[2 * this.length] = operation;
    this.cells[2 * this.length + 1] = operand;
    this.length++;
    return this;
  }

  /** Take a slot of `pool`, hold it for `ns`, give it back: one lookup. */
  use(pool: number, ns: number): this {
    return this.add(Leg.Take, pool).add(Leg.Pass, ns).add(Leg.Free, pool);
  }

  get isDone(): boolean {
    return this.next === this.length;
  }

  get operation(): number {
    return this.cells[2 * this.next];
  }

  get operand(): number {
    return this.cells[2 * this.next + 1];
  }

  advance(): void {
    this.next++;
  }
}

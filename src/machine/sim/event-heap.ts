/**
 * Binary heap of wake-ups, ordered by (time, order of scheduling).
 *
 * Layout: slot i has timeNs[i], order[i], actor[i]; children of i are 2i+1 and 2i+2. Allocation-free but for growth by doubling.
 */
export class EventHeap {
  private timeNs = new Float64Array(64);
  private order = new Float64Array(64);
  private actor = new Int32Array(64);
  private nextOrder = 0;
  size = 0;
  /** Time of the earliest wake-up; Infinity when empty. */
  earliestNs = Number.POSITIVE_INFINITY;

  /** Schedule `actor` at `timeNs`; equal times come out in the order of scheduling. */
  push(timeNs: number, actor: number): void {
    if (this.size === this.timeNs.length) this.grow();
    const { timeNs: times, order, actor: actors } = this;
    const mine = this.nextOrder++;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[parent] <= timeNs) break; // an equal time was scheduled earlier
      times[at] = times[parent];
      order[at] = order[parent];
      actors[at] = actors[parent];
      at = parent;
    }
    times[at] = timeNs;
    order[at] = mine;
    actors[at] = actor;
    if (at === 0) this.earliestNs = timeNs;
  }

  /** Remove the earliest wake-up and return its actor. The caller checks `size`. */
  pop(): number {
    const { timeNs: times, order, actor: actors } = this;
    const result = actors[0];
    const last = --this.size;
    const time = times[last];
    const mine = order[last];
    const who = actors[last];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      const right = child + 1;
      if (right < last && isBefore(times[right], order[right], times[child], order[child])) child = right;
      if (!isBefore(times[child], order[child], time, mine)) break;
      times[at] = times[child];
      order[at] = order[child];
      actors[at] = actors[child];
      at = child;
    }
    times[at] = time;
    order[at] = mine;
    actors[at] = who;
    this.earliestNs = last === 0 ? Number.POSITIVE_INFINITY : times[0];
    return result;
  }

  private grow(): void {
    const capacity = this.timeNs.length * 2;
    const times = new Float64Array(capacity);
    times.set(this.timeNs);
    this.timeNs = times;
    const order = new Float64Array(capacity);
    order.set(this.order);
    this.order = order;
    const actors = new Int32Array(capacity);
    actors.set(this.actor);
    this.actor = actors;
  }
}

function isBefore(timeA: number, orderA: number, timeB: number, orderB: number): boolean {
  return timeA < timeB || (timeA === timeB && orderA < orderB);
}

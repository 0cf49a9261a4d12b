/**
 * Slices that overlap, spread over lanes in which none does: walks in flight, for instance.
 *
 * Intervals come in the order of their ends; each goes to the lane that has been free for the shortest time, which needs
 * as many lanes as intervals overlap at most.
 */
export class Lanes {
  private readonly freeFromNs: number[] = [];

  /** Lane of the interval; a new one is the number of lanes before. */
  place(fromNs: number, untilNs: number): number {
    let lane = -1;
    for (let i = 0; i < this.freeFromNs.length; i++) {
      const free = this.freeFromNs[i];
      if (free <= fromNs && (lane < 0 || free > this.freeFromNs[lane])) lane = i;
    }
    if (lane < 0) lane = this.freeFromNs.length;
    this.freeFromNs[lane] = untilNs;
    return lane;
  }
}
